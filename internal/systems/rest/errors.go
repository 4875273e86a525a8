package rest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"syscall"

	"selvedge/internal/fault"
)

// TransportError is a request that got no complete answer. Its text names the
// method, the host and the reason, and nothing that we or they sent; the path
// stays out too, since keys of people can stand in one.
type TransportError struct {
	System string
	Method string
	Host   string
	Sent   bool // the request, or part of it, was written
	reason string
	cause  error // for errors.Is only; its text may hold the whole URL
}

// Error says what failed, without secrets or personal data.
func (e *TransportError) Error() string {
	text := e.reason
	if e.Method != "" {
		text = e.Method + " " + e.Host + ": " + text
	}
	if e.Sent {
		return text + " (after the request was sent)"
	}
	return text + " (before the request was sent)"
}

// Is matches context and network errors without handing their texts out.
func (e *TransportError) Is(target error) bool { return errors.Is(e.cause, target) }

// Timeout tells whether a time limit was the reason.
func (e *TransportError) Timeout() bool {
	var n net.Error
	return errors.Is(e.cause, context.DeadlineExceeded) || errors.As(e.cause, &n) && n.Timeout()
}

// Sent tells whether the request behind an error may have reached the other side.
// An error that is not from this package counts as sent: nothing shows the contrary.
func Sent(err error) bool {
	if err == nil {
		return false
	}
	var t *TransportError
	if errors.As(err, &t) {
		return t.Sent
	}
	if _, ok := fault.As(err); ok {
		return false // made by Do before it sent anything
	}
	return true
}

// AsFault classifies a failed request. reads says that the request changes nothing,
// so that an unknown outcome is as good as none; op says what was asked.
func AsFault(system, op string, reads bool, err error) error {
	if err == nil {
		return nil
	}
	if f, ok := fault.As(err); ok {
		own := *f
		if own.Op == "" {
			own.Op = op
		}
		return &own
	}
	f := &fault.Fault{Kind: fault.Unavailable, System: system, Op: op, Err: err}
	var t *TransportError
	switch {
	case !errors.As(err, &t):
		// Not ours, so its text may hold anything.
		f.Err, f.Message = nil, "the request failed or its answer could not be read"
	case isCertificate(t.cause):
		f.Kind, f.Code = fault.Misconfigured, "certificate"
	}
	if f.Kind == fault.Unavailable && !reads && Sent(err) {
		f.Kind = fault.Uncertain
	}
	return f
}

func newTransportError(system string, r *http.Request, sent bool, cause error) *TransportError {
	return &TransportError{
		System: system, Method: r.Method, Host: r.URL.Host, Sent: sent,
		reason: reasonOf(cause), cause: cause,
	}
}

// reasonOf words a cause. The causes' own texts are never used: net/url puts the
// whole URL into them.
func reasonOf(err error) string {
	var dns *net.DNSError
	var n net.Error
	switch {
	case errors.Is(err, ErrTooLarge):
		return ErrTooLarge.Error()
	case errors.Is(err, context.Canceled):
		return "given up by the caller"
	case isCertificate(err):
		return "the certificate is not accepted"
	case errors.As(err, &dns):
		return "the host name cannot be resolved"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "the connection was refused"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &n) && n.Timeout():
		return "no answer within the time limit"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "the connection was reset"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "the connection was cut"
	}
	return "the exchange failed"
}

func isCertificate(err error) bool {
	var (
		verification *tls.CertificateVerificationError
		authority    x509.UnknownAuthorityError
		hostname     x509.HostnameError
	)
	return errors.As(err, &verification) || errors.As(err, &authority) || errors.As(err, &hostname)
}
