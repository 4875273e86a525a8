package demo

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"selvedge/internal/sampleday"
)

// webhookSecret is one secret of a day, in the form that Standard Webhooks gives it.
func webhookSecret() string {
	key := make([]byte, 24)
	_, _ = rand.Read(key) // never fails, see crypto/rand
	return "whsec_" + base64.StdEncoding.EncodeToString(key)
}

// environment is all that the worker is told. Nothing is inherited but what a
// process needs to run: the demo can never touch a real system by accident.
func (w *world) environment() map[string]string {
	env := w.sims.environment()
	for name, value := range map[string]string{
		"DATABASE_URL":                w.pg.URL("selvedge"),
		"TEMPORAL_ADDRESS":            w.temporalAddress(),
		"TEMPORAL_NAMESPACE":          "default",
		"SELVEDGE_MASTER_KEYS":        "demo:" + w.sims.masterKey,
		"SELVEDGE_TRACKING_WAIT":      trackingWait.String(),
		"SELVEDGE_RETURN_WINDOW":      returnWindow.String(),
		"SELVEDGE_CAPTURE_WAIT":       captureWait.String(),
		"SELVEDGE_SETTLE":             settle.String(),
		"SELVEDGE_PROBE_EVERY":        "2s",
		"SELVEDGE_INTAKE_EVERY":       "4s",
		"SELVEDGE_FEED_EVERY":         "3s",
		"SELVEDGE_COMPLETENESS_EVERY": "10s",
		"SELVEDGE_STOCK_EVERY":        "10s",
		"SELVEDGE_STOCK_FULL_EVERY":   "30s",
		"SELVEDGE_STOCK_DRIFT_EVERY":  "30s",
		"SELVEDGE_DOCUMENTS_EVERY":    "5s",
		"SELVEDGE_WORKER_LISTEN":      "127.0.0.1:0",
	} {
		env[name] = value
	}
	if w.devserv != nil {
		env["SELVEDGE_TEMPORAL_UI"] = w.devserv.WebUI
	}
	return env
}

// environment is what a worker must be told to use these simulators.
func (s *simulators) environment() map[string]string {
	env := map[string]string{
		"SELVEDGE_CENTRA_URL":            s.centraURL,
		"SELVEDGE_CENTRA_TOKEN":          sampleday.CentraToken,
		"SELVEDGE_CENTRA_STORES":         fmt.Sprintf("%d=%s,%d=%s", sampleday.StoreID, sampleday.Store, sampleday.ShowroomID, sampleday.Showroom),
		"SELVEDGE_CENTRA_TIMEOUT":        "4s",
		"SELVEDGE_CENTRA_QUOTA_REFRESH":  "2s", // the shop's quotas are raised after the worker has started
		"SELVEDGE_CENTRA_WEBHOOK_SECRET": s.shopSecret,
	}
	var keys []string
	for attribute, key := range s.day.AttributeKeys {
		keys = append(keys, attribute+"="+key)
	}
	slices.Sort(keys)
	env["SELVEDGE_ATTRIBUTE_KEYS"] = strings.Join(keys, ",")
	for n, account := range s.accounts() {
		prefix := fmt.Sprintf("SELVEDGE_ACS_%d_", n)
		env[prefix+"BASE_URL"] = s.acsURL
		env[prefix+"ACCOUNT"] = account
		env[prefix+"WAREHOUSE"] = s.day.Warehouses[account]
		env[prefix+"SUBSCRIPTION_KEY"] = sampleday.Keys()[account]
		env[prefix+"WEBHOOK_SECRETS"] = s.warehouseSecret
		env[prefix+"TIMEOUT"] = "4s"
		env[prefix+"REQUESTS_PER_SECOND"] = "200"
		env[prefix+"BURST"] = "200"
	}
	return env
}

// environmentFile holds the demo's settings for other commands, one variable a line.
func (w *world) environmentFile() string { return w.dir + "/demo.env" }

// saveEnvironment writes the file, readable by its owner only: it holds the keys of the day.
func (w *world) saveEnvironment(environment map[string]string) error {
	var b strings.Builder
	for _, name := range sortedKeys(environment) {
		fmt.Fprintf(&b, "%s=%s\n", name, environment[name])
	}
	return writeFile(w.environmentFile(), []byte(b.String()))
}
