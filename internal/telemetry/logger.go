package telemetry

import (
	"slices"

	"go.temporal.io/sdk/log"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// temporalLogger gives the SDK our logger. The SDK makes one with the run's ids for each
// workflow that it keeps, and most never write a line: a zap logger with fields holds a
// buffer of a kilobyte for them, so ours keeps them as they came until there is a line.
type temporalLogger struct {
	base   *zap.Logger
	skip   int
	fields []any
}

// TemporalLogger adapts a logger for the SDK.
func TemporalLogger(l *zap.Logger) log.Logger { return &temporalLogger{base: l} }

func (l *temporalLogger) Debug(msg string, kv ...any) { l.write(zapcore.DebugLevel, msg, kv) }
func (l *temporalLogger) Info(msg string, kv ...any)  { l.write(zapcore.InfoLevel, msg, kv) }
func (l *temporalLogger) Warn(msg string, kv ...any)  { l.write(zapcore.WarnLevel, msg, kv) }
func (l *temporalLogger) Error(msg string, kv ...any) { l.write(zapcore.ErrorLevel, msg, kv) }

// callersBetween are write and the method that the SDK calls.
const callersBetween = 2

func (l *temporalLogger) write(level zapcore.Level, msg string, kv []any) {
	if !l.base.Core().Enabled(level) {
		return
	}
	l.base.WithOptions(zap.AddCallerSkip(callersBetween+l.skip)).Sugar().Logw(level, msg, slices.Concat(l.fields, kv)...)
}

// With carries keys to every later line.
func (l *temporalLogger) With(kv ...any) log.Logger {
	return &temporalLogger{base: l.base, skip: l.skip, fields: slices.Concat(l.fields, kv)}
}

// WithCallerSkip keeps the caller's place in the line.
func (l *temporalLogger) WithCallerSkip(n int) log.Logger {
	return &temporalLogger{base: l.base, skip: l.skip + n, fields: l.fields}
}
