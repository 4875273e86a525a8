package acs

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
)

//go:embed acs.openapi.yaml
var contractYAML []byte

// maxBody is the contract's limit of a request body.
const maxBody = 1 << 20

// spec is the contract, loaded once: the router and the schemas of the bodies.
type spec struct {
	doc    *openapi3.T
	router routers.Router
}

func loadSpec() (*spec, error) {
	loader := openapi3.NewLoader()
	doc, err := loader.LoadFromData(contractYAML)
	if err != nil {
		return nil, err
	}
	// Any host serves the contract here.
	doc.Servers = openapi3.Servers{{URL: basePath}}
	router, err := gorillamux.NewRouter(doc)
	if err != nil {
		return nil, err
	}
	return &spec{doc: doc, router: router}, nil
}

// call is one request on its way through the partner API.
type call struct {
	account *account
	request *http.Request
	path    map[string]string
	schema  *openapi3.Schema // of the body; nil when the operation has none
	raw     []byte
	body    any // parsed, without null members
}

func (c *call) query(name string) string { return c.request.URL.Query().Get(name) }

// servePartner checks a request in this order: path and method, credentials,
// rate, body size and type, parameters, JSON. The body's schema is checked by
// the handler, because a replay is answered before it.
func (s *Simulator) servePartner(w http.ResponseWriter, r *http.Request) {
	requestID := s.requestID()
	c, operation, refused := s.admit(w, r)
	if refused != nil {
		s.write(w, r, requestID, s.leak(), *refused)
		return
	}
	s.write(w, r, requestID, s.leak(), s.dispatch(c, operation))
}

func (s *Simulator) admit(w http.ResponseWriter, r *http.Request) (*call, *openapi3.Operation, *answer) {
	route, path, err := s.spec.router.FindRoute(r)
	a, refused := s.enter(r)
	if refused != nil {
		return nil, nil, refused
	}
	if err != nil {
		unknown := refuse(http.StatusNotFound, "not_found", "The contract has no such path.")
		if errors.Is(err, routers.ErrMethodNotAllowed) {
			unknown = refuse(http.StatusMethodNotAllowed, "bad_request", "The contract has no such method on this path.")
		}
		return nil, nil, &unknown
	}
	c := &call{account: a, request: r, path: path}
	if refused := c.read(w, route.Operation); refused != nil {
		return nil, nil, refused
	}
	if refused := checkParameters(r, route, path); refused != nil {
		return nil, nil, refused
	}
	return c, route.Operation, nil
}

func (s *Simulator) enter(r *http.Request) (*account, *answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, refused := s.authenticate(r)
	if refused != nil {
		return nil, refused
	}
	return a, s.limit(a)
}

// read takes in the body and parses it when the operation has one.
func (c *call) read(w http.ResponseWriter, operation *openapi3.Operation) *answer {
	raw, err := io.ReadAll(http.MaxBytesReader(w, c.request.Body, maxBody))
	if err != nil {
		var tooLarge *http.MaxBytesError
		refused := refuse(http.StatusBadRequest, "bad_request", "The body could not be read.")
		if errors.As(err, &tooLarge) {
			refused = refuse(http.StatusRequestEntityTooLarge, "payload_too_large", "A body may have 1 MiB.")
		}
		return &refused
	}
	c.raw = raw
	c.request.Body = io.NopCloser(bytes.NewReader(raw))
	if operation.RequestBody == nil {
		return nil
	}
	media := operation.RequestBody.Value.Content.Get("application/json")
	c.schema = media.Schema.Value
	contentType, _, _ := strings.Cut(c.request.Header.Get("Content-Type"), ";")
	if !strings.EqualFold(strings.TrimSpace(contentType), "application/json") {
		refused := refuse(http.StatusUnsupportedMediaType, "bad_request", "Send application/json.")
		return &refused
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	if err := decoder.Decode(&c.body); err != nil || decoder.More() {
		refused := refuse(http.StatusBadRequest, "bad_request", "The body is not one JSON value.")
		return &refused
	}
	c.body = withoutNulls(c.body)
	return nil
}

// withoutNulls drops null members: absent and null mean the same in requests.
func withoutNulls(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key, member := range v {
			if member == nil {
				delete(v, key)
				continue
			}
			v[key] = withoutNulls(member)
		}
	case []any:
		for i := range v {
			v[i] = withoutNulls(v[i])
		}
	}
	return v
}

// canonical is the parsed content in one spelling: keys sorted, numbers by value.
func canonical(v any) string {
	encoded, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprintf("%#v", v) // cannot happen: v came from JSON
	}
	return string(encoded)
}

func checkParameters(r *http.Request, route *routers.Route, path map[string]string) *answer {
	err := openapi3filter.ValidateRequest(r.Context(), &openapi3filter.RequestValidationInput{
		Request: r, PathParams: path, Route: route,
		Options: &openapi3filter.Options{
			ExcludeRequestBody: true, MultiError: true, SkipSettingDefaults: true,
			AuthenticationFunc: openapi3filter.NoopAuthenticationFunc,
		},
	})
	if err == nil {
		return nil
	}
	var faults []FieldError
	for _, one := range flatten(err) {
		fault := FieldError{Code: "field_invalid", Message: "A parameter does not follow the contract."}
		var request *openapi3filter.RequestError
		if errors.As(one, &request) && request.Parameter != nil {
			fault.Message = fmt.Sprintf("Parameter %s in %s does not follow the contract.", request.Parameter.Name, request.Parameter.In)
			if errors.Is(one, openapi3filter.ErrInvalidRequired) {
				fault.Code, fault.Message = "field_required", fmt.Sprintf("Parameter %s in %s is missing.", request.Parameter.Name, request.Parameter.In)
			}
		}
		faults = append(faults, fault)
	}
	refused := refuse(http.StatusBadRequest, "bad_request", faults[0].Message, faults...)
	return &refused
}

func flatten(err error) []error {
	if many, isMany := err.(openapi3.MultiError); isMany { //nolint:errorlint // the validator nests these themselves
		var out []error
		for _, one := range many {
			out = append(out, flatten(one)...)
		}
		return out
	}
	return []error{err}
}

// checkBody returns every fault that the body's schema finds.
func (c *call) checkBody() []FieldError {
	err := c.schema.VisitJSON(c.body, openapi3.MultiErrors(), openapi3.VisitAsRequest())
	if err == nil {
		return nil
	}
	var out []FieldError
	for _, one := range flatten(err) {
		var fault *openapi3.SchemaError
		if !errors.As(one, &fault) {
			out = append(out, FieldError{Code: "field_invalid", Message: "The body does not follow the contract."})
			continue
		}
		out = append(out, schemaFault(fault))
	}
	return out
}

func schemaFault(fault *openapi3.SchemaError) FieldError {
	pointer := pointerTo(fault.JSONPointer()...)
	out := FieldError{Code: "field_invalid", Pointer: pointer, Message: "Breaks the contract's rule " + strconv.Quote(fault.SchemaField) + "."}
	switch fault.SchemaField {
	case "required":
		out.Code, out.Message = "field_required", "Is missing."
	case "enum":
		out.Message = "Is none of the allowed values."
		for _, value := range fault.Schema.Enum {
			out.Allowed = append(out.Allowed, fmt.Sprint(value))
		}
	}
	switch value := fault.Value.(type) {
	case string, float64, bool:
		if out.Code != "field_required" {
			out.Value = value
		}
	}
	return out
}

func pointerTo(tokens ...string) string {
	var b strings.Builder
	for _, token := range tokens {
		b.WriteByte('/')
		b.WriteString(strings.NewReplacer("~", "~0", "/", "~1").Replace(token))
	}
	return b.String()
}

// decode puts the checked body into a struct.
func (c *call) decode(into any) error {
	encoded, err := json.Marshal(c.body)
	if err != nil {
		return err
	}
	return json.Unmarshal(encoded, into)
}

// checked decodes the body, or refuses it with every fault of its schema.
func (c *call) checked(into any) *answer {
	faults := c.checkBody()
	if len(faults) == 0 {
		if err := c.decode(into); err == nil {
			return nil
		}
		faults = []FieldError{{Code: "field_invalid", Message: "A number or a date cannot be read."}}
	}
	refused := refuse(http.StatusUnprocessableEntity, "validation_failed", "", faults...)
	return &refused
}
