package telemetry

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// AlertMetrics counts what people were told. It is a prometheus.Collector.
type AlertMetrics struct {
	sent        *prometheus.CounterVec
	undelivered prometheus.Gauge
	oldest      prometheus.Gauge
}

// NewAlertMetrics makes the metrics; register them to show them.
func NewAlertMetrics() *AlertMetrics {
	return &AlertMetrics{
		sent: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "selvedge_alert_deliveries_total", Help: "Attempts to deliver an alert, by channel and outcome (delivered or failed).",
		}, []string{"channel", "outcome"}),
		undelivered: prometheus.NewGauge(prometheus.GaugeOpts{Name: "selvedge_alerts_undelivered", Help: "Alert messages that wait for their receiver."}),
		oldest:      prometheus.NewGauge(prometheus.GaugeOpts{Name: "selvedge_alerts_undelivered_age_seconds", Help: "How long the oldest of them waits."}),
	}
}

// Delivered counts a message that was taken.
func (m *AlertMetrics) Delivered(channel string) { m.sent.WithLabelValues(channel, "delivered").Inc() }

// Failed counts an attempt that was not.
func (m *AlertMetrics) Failed(channel string) { m.sent.WithLabelValues(channel, "failed").Inc() }

// Undelivered says how many messages wait, and how long the oldest of them does.
func (m *AlertMetrics) Undelivered(count int, oldest time.Duration) {
	m.undelivered.Set(float64(count))
	m.oldest.Set(oldest.Seconds())
}

// Describe is of prometheus.Collector.
func (m *AlertMetrics) Describe(c chan<- *prometheus.Desc) {
	m.sent.Describe(c)
	m.undelivered.Describe(c)
	m.oldest.Describe(c)
}

// Collect is of prometheus.Collector.
func (m *AlertMetrics) Collect(c chan<- prometheus.Metric) {
	m.sent.Collect(c)
	m.undelivered.Collect(c)
	m.oldest.Collect(c)
}
