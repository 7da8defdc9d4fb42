//go:build !race

package seal

// raceEnabled tells whether the race detector is on.
const raceEnabled = false
