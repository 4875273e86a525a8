//go:build !linux

package devpg

import "syscall"

// endWithParent can do nothing here: only Linux tells a child of its parent's
// end. A server that its parent left behind is stopped by the next Start (sweep).
func endWithParent(*syscall.SysProcAttr) {}
