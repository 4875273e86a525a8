// Package telemetry sets up logs, metrics and the Temporal client.
package telemetry

import (
	"fmt"
	"io"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	otelprometheus "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	"go.temporal.io/sdk/contrib/opentelemetry"
	"go.temporal.io/sdk/log"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// NewLogger logs JSON lines to standard error.
func NewLogger(level string) (*zap.Logger, error) {
	parsed, err := zapcore.ParseLevel(level)
	if err != nil {
		return nil, fmt.Errorf("log level %q: want debug, info, warn or error", level)
	}
	c := zap.NewProductionConfig()
	c.Level = zap.NewAtomicLevelAt(parsed)
	c.Sampling = nil // an order's story has no gaps
	c.EncoderConfig.EncodeTime = zapcore.RFC3339NanoTimeEncoder
	return c.Build()
}

// NewFileLogger logs JSON lines to a writer, for a process whose terminal is read by a person.
func NewFileLogger(w io.Writer) *zap.Logger {
	encoder := zap.NewProductionEncoderConfig()
	encoder.EncodeTime = zapcore.RFC3339NanoTimeEncoder
	return zap.New(zapcore.NewCore(zapcore.NewJSONEncoder(encoder), zapcore.AddSync(w), zapcore.InfoLevel))
}

// temporalLogger gives the SDK our logger; SugaredLogger's methods fit one to one.
type temporalLogger struct{ *zap.SugaredLogger }

func (l temporalLogger) Debug(msg string, kv ...any) { l.Debugw(msg, kv...) }
func (l temporalLogger) Info(msg string, kv ...any)  { l.Infow(msg, kv...) }
func (l temporalLogger) Warn(msg string, kv ...any)  { l.Warnw(msg, kv...) }
func (l temporalLogger) Error(msg string, kv ...any) { l.Errorw(msg, kv...) }

// With carries keys to every later line.
func (l temporalLogger) With(kv ...any) log.Logger {
	return temporalLogger{l.SugaredLogger.With(kv...)}
}

// WithCallerSkip keeps the caller's place in the line.
func (l temporalLogger) WithCallerSkip(n int) log.Logger {
	return temporalLogger{l.SugaredLogger.WithOptions(zap.AddCallerSkip(n))}
}

// TemporalLogger adapts a logger for the SDK.
func TemporalLogger(l *zap.Logger) log.Logger {
	return temporalLogger{l.WithOptions(zap.AddCallerSkip(1)).Sugar()}
}

// Metrics collects the SDK's and our own metrics for one /metrics page.
type Metrics struct {
	Registry *prometheus.Registry
	provider *metric.MeterProvider
}

// NewMetrics makes an empty collection.
func NewMetrics() (*Metrics, error) {
	registry := prometheus.NewRegistry()
	exporter, err := otelprometheus.New(otelprometheus.WithRegisterer(registry))
	if err != nil {
		return nil, fmt.Errorf("metrics: %w", err)
	}
	return &Metrics{Registry: registry, provider: metric.NewMeterProvider(metric.WithReader(exporter))}, nil
}

// Handler serves /metrics.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.Registry, promhttp.HandlerOpts{})
}

// Dial connects to Temporal as TEMPORAL_* say; it fails when nobody answers. Metrics may be nil.
func Dial(l *zap.Logger, m *Metrics) (client.Client, error) {
	options, err := envconfig.LoadDefaultClientOptions()
	if err != nil {
		return nil, fmt.Errorf("TEMPORAL_* settings: %w", err)
	}
	options.Logger = TemporalLogger(l)
	if m != nil {
		options.MetricsHandler = opentelemetry.NewMetricsHandler(opentelemetry.MetricsHandlerOptions{
			Meter: m.provider.Meter("temporal"),
			// Without it counters come out as gauges without _total (sdk-go issue 2140).
			UseMonotonicCounters: true,
		})
	}
	c, err := client.Dial(options)
	if err != nil {
		return nil, fmt.Errorf("connect to Temporal at %q: %w: start the server or set TEMPORAL_ADDRESS", options.HostPort, err)
	}
	return c, nil
}
