// Package audit keeps the audit log in files: what every step of the store left in its stream is appended to daily
// segments, hashed into a Merkle tree and signed.
//
// A folder holds
//
//	2026-11-23.jsonl   a segment: a head line, then an entry a line, as they were taken from the streams that day (UTC)
//	checkpoints        signed tree heads, one a line: how many lines there were, their root, each app's last number
//	hashes             the tree's stored hashes; made anew from the segments when it is lost
//	verifier           the public key, for whoever checks the log elsewhere
//	lock               held by the one process that writes here
//
// Entries have numbers without gaps for each app, given by the script that made the step: a missing line shows by its
// number. A changed line shows by the root of the next checkpoint. Lines that are cut off at the end show by the last
// checkpoint, and where the checkpoints are cut too, by their copies on standard output or by the store's own stream.
// Entries hold ids, codes and digests, so the log outlives the data that it speaks of.
package audit
