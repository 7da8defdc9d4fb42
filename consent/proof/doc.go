// Package proof kills, cuts and fills up what the service stands on, under load, and counts what is missing afterwards. It
// holds tests only, built with the tag proof: `make proof` runs the short forms, `make proof-long` the long ones.
//
// A suite has three processes. The first is a redis-server of its own. The second is the client (TestClient, started anew
// by the test): it walks requests through the service as fast as it can and writes down each answer of success in a ledger,
// synced, before it counts. The third is the test: it ruins the first, brings it back, stops the second, and holds every
// line of the ledger against what is there.
//
//	P1  kill_test.go      kill -9 of Redis at random moments, rewrites of the append-only file forced
//	P2  power_test.go     power cuts: what was not synced is gone; with appendfsync everysec this must be seen to lose
//	P5  trouble_test.go   a full disk, a full memory, a replica, a server that is loading, forgotten scripts, slow syncs
//	P9  races_test.go     what many clients at once were told of one request has an order in which all of it was right
//	P7  failover_test.go  what a fail-over to a replica loses, printed and not judged
//
// P3, P4 and P6 walk the journeys of the program itself: cmd/bohoja/proof_*_test.go.
package proof
