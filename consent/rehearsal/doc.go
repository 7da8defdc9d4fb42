// Package rehearsal plays guardians in the test space, so that an app can be tried through to every outcome without
// anybody reading mail.
//
// An address at guardian.test is a part. Who plays it gets the letter and then makes the real steps, through the same
// methods as the pages: opens the link, waits as long as a reader must, answers, and confirms on the check page. The fact
// that a grant needs comes from where a guardian has it: the child's screen.
//
//	approve@   agrees to every purpose
//	refuse@    does not agree
//	not-mine@  says that it is not their child
//	bounce@    the mail server refuses the address
//	never@     gets the letter and never answers: the request expires
//	scanner@   a mail scanner that follows the link and presses the buttons, again and again; then nobody answers
//	slow@      answers only to the first reminder, and then agrees
//
// What stands behind a plus is free, so one part can be asked by many: approve+7@guardian.test. The domain is reserved
// (RFC 6761), so no such letter can reach anybody, and none is counted against a receiver's day.
//
// The acts are jobs of the outbox: they survive a crash, and moving the test space's clock makes them due. A Clockwork moves it so that
// each comes in its turn.
package rehearsal
