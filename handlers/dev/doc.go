// Package dev is the playground of `bohoja dev`: the mail that was caught, the clock that can be moved, the webhooks, the
// demo shop. `serve` has none of it.
//
//	/                      leads to /dev/
//	/dev/                  where everything is, and what to try
//	/dev/inbox             the letters; /dev/inbox/{id} one of them, /dev/inbox/{id}/html its HTML alone
//	/dev/inbox.json?to=    the letters for programs, the newest first
//	/dev/scan?letter={id}  POST: does to a letter's links what mail scanners do, and looks whether anything changed
//	/dev/clock             the clock; POST by=24h moves it forward and lets the standing roles work once
//	/dev/webhooks          what the demo shop was told
//	/dev/shop/             the demo shop
//
// It shows secrets of the playground, so it answers only to whoever asks for this host by name: a page from elsewhere
// whose name was made to point here (DNS rebinding) asks for another name, and one that posts here from its own origin is
// told apart by its browser.
package dev
