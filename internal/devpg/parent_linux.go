package devpg

import "syscall"

// endWithParent has the kernel send SIGQUIT, PostgreSQL's immediate shutdown,
// when our process ends, however it ends.
func endWithParent(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGQUIT }
