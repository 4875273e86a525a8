package config

import "os"

// environ is the one place that reads the process's environment.
func environ() []string { return os.Environ() }
