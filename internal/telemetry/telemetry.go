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
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"google.golang.org/grpc"
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

// Connection is how our clients talk to Temporal: uncompressed. The SDK compresses every
// message unless it is told otherwise. Most of ours hold some hundred bytes, so that it
// saves no packet, and it took a tenth of the doors' processor time and some three
// hundredths of a worker's and of the server's.
func Connection() client.ConnectionOptions {
	return client.ConnectionOptions{GrpcCompression: &client.GrpcCompressionNone{}}
}

// Dial connects to Temporal as TEMPORAL_* say; it fails when nobody answers. Metrics may be nil.
func Dial(l *zap.Logger, m *Metrics) (client.Client, error) {
	options, err := envconfig.LoadDefaultClientOptions()
	if err != nil {
		return nil, fmt.Errorf("TEMPORAL_* settings: %w", err)
	}
	options.Logger = TemporalLogger(l)
	options.ConnectionOptions.GrpcCompression = Connection().GrpcCompression
	options.ConnectionOptions.DialOptions = append(options.ConnectionOptions.DialOptions, grpc.WithChainUnaryInterceptor(shareMetadata(newSharer())))
	if m != nil {
		options.MetricsHandler = remembered(opentelemetry.NewMetricsHandler(opentelemetry.MetricsHandlerOptions{
			Meter: m.provider.Meter("temporal"),
			// Without it counters come out as gauges without _total (sdk-go issue 2140).
			UseMonotonicCounters: true,
		}))
	}
	c, err := client.Dial(options)
	if err != nil {
		return nil, fmt.Errorf("connect to Temporal at %q: %w: start the server or set TEMPORAL_ADDRESS", options.HostPort, err)
	}
	return c, nil
}
