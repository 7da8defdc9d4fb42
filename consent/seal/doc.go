// Package seal is the vault: it seals what belongs to people under keys that live outside the store, and destroys it by
// letting the keys die. Deleting a value from Redis leaves it in append-only files and backups; a value whose key is gone
// is gone everywhere (KR-12, KR-13).
//
// Keys lie in two folders. short/ holds the keys of hours and belongs in no backup: "h-2026112315" seals what was collected
// in that UTC hour and dies at the hour's end plus the deadline of a request; "r-2026112315" seals what was granted in that
// hour and dies at the hour's end plus the release window. long/ belongs in a backup: "evidence-1" seals evidence for
// years, "digest-1" keys the digests by which people are found without being named, "siphash-1" keys the offline filters.
//
// Several processes, also on several hosts, share the folders. A key file is made by link(2), so one maker wins; then its
// fingerprint is claimed in the store, so that processes which do not share one folder notice it before they seal anything.
// A key of an hour is used no longer than its file says, whether or not the file is still there.
//
// The parts: header.go (what a sealed value says about itself), keys.go (finding, making and claiming keys), digest.go
// (keyed digests), keeper.go (the standing role), manage.go (list, rotate, destroy); keyfile has the files.
package seal
