// Package rest is the HTTP transport that the outside systems share: credentials,
// time limits, rate, size limits and redaction.
//
// One Client serves one system and makes one attempt per request: retries belong
// to the callers. Its errors say whether the request may have reached the other
// side (Sent) and never hold a query string, a header or a body, because all
// three carry secrets or personal data.
package rest
