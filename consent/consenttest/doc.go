// Package consenttest is the kit with which this project and its users test.
//
// New makes a Service that is ready for use, with caught letters and webhooks and a clock that can be moved. RunStore is the
// suite that each consent.Store must pass. Redis starts a real redis-server that can be killed, restarted and put to
// sleep; Proxy stands before it and loses answers.
package consenttest
