//go:build !unix

package audit

import "os"

// acquire opens the lock's file. This system has no lock that ends with its process, so run one process for each folder.
func acquire(name string) (file *os.File, ours bool, err error) {
	file, err = os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o600)
	return file, err == nil, err
}
