//go:build !unix

package main

import "path/filepath"

// sameDevice compares volumes by name: drive letters are all that such systems tell.
func sameDevice(a, b string) bool {
	return filepath.VolumeName(a) == filepath.VolumeName(b)
}
