package alerts

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"selvedge/internal/domain"
	"selvedge/internal/fault"
)

// escape keeps values from outside from being read as links, mentions or markup.
var escape = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// slack posts to an incoming webhook. The address is a secret and stands in no error.
func (s *Sender) slack(ctx context.Context, address string, m domain.AlertMessage) error {
	body, err := json.Marshal(map[string]string{"text": "*" + strings.ReplaceAll(escape.Replace(m.Subject), "*", "∗") + "*\n" + escape.Replace(m.Body)})
	if err != nil {
		return refusal(ChannelSlack, "the message cannot be written as JSON")
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return refusal(ChannelSlack, "the webhook's address cannot be read")
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Idempotency-Key", m.Dedupe)
	answer, err := s.http.Do(request)
	if err != nil {
		return away(ChannelSlack, "the webhook does not answer") // the cause quotes the address
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, 1<<16)) // lets the connection be used again
	switch code := answer.StatusCode; {
	case code/100 == 2:
		return nil
	case code == http.StatusTooManyRequests:
		f := &fault.Fault{Kind: fault.Unavailable, System: ChannelSlack, Op: "alert", Message: "the webhook takes no more at the moment"}
		if wait, err := time.ParseDuration(answer.Header.Get("Retry-After") + "s"); err == nil && wait > 0 {
			f.RetryAt = time.Now().Add(wait)
		}
		return f
	case code/100 == 5:
		return away(ChannelSlack, fmt.Sprintf("the webhook answered %d", code))
	default:
		return refusal(ChannelSlack, fmt.Sprintf("the webhook answered %d: it may have been taken back; make a new one and set it", code))
	}
}
