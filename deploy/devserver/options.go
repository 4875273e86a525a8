package main

import (
	"flag"
	"fmt"
	"maps"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.uber.org/zap/zapcore"
)

// options are the command line, completed with the ports that were chosen.
type options struct {
	db             string
	ip             string
	port, uiPort   int
	namespace      string
	retention      time.Duration
	attributes     map[string]enumspb.IndexedValueType
	exitWithParent bool
	logLevel       zapcore.Level
	inner          map[string]int // ports of the services that only the server itself calls
}

// defaultAttributes are the search attributes that the workflows set. An
// unregistered one would block every order, so they exist before the first
// workflow can be started.
func defaultAttributes() map[string]enumspb.IndexedValueType {
	return map[string]enumspb.IndexedValueType{
		"OrderState":  enumspb.INDEXED_VALUE_TYPE_KEYWORD,
		"Store":       enumspb.INDEXED_VALUE_TYPE_KEYWORD,
		"Market":      enumspb.INDEXED_VALUE_TYPE_KEYWORD,
		"Warehouse":   enumspb.INDEXED_VALUE_TYPE_KEYWORD,
		"OrderNumber": enumspb.INDEXED_VALUE_TYPE_KEYWORD,
		"Cause":       enumspb.INDEXED_VALUE_TYPE_KEYWORD_LIST,
		"Owner":       enumspb.INDEXED_VALUE_TYPE_KEYWORD_LIST,
		"HeldSince":   enumspb.INDEXED_VALUE_TYPE_DATETIME,
		"CutoffAt":    enumspb.INDEXED_VALUE_TYPE_DATETIME,
	}
}

// parseOptions reads the command line. --search-attribute replaces the default
// set as soon as it is given once.
func parseOptions(args []string) (*options, error) {
	o := &options{logLevel: zapcore.ErrorLevel}
	given := map[string]enumspb.IndexedValueType{}
	fs := flag.NewFlagSet("devserver", flag.ContinueOnError)
	fs.StringVar(&o.db, "db", "", "SQLite `file`; made when it does not exist (default: a temporary one, removed at the end)")
	fs.StringVar(&o.ip, "ip", "127.0.0.1", "`address` to listen on")
	fs.IntVar(&o.port, "port", 0, "gRPC port; 0 takes a free one")
	fs.IntVar(&o.uiPort, "ui-port", 0, "Web UI port; 0 takes a free one")
	fs.StringVar(&o.namespace, "namespace", "default", "namespace; made when it does not exist")
	fs.DurationVar(&o.retention, "retention", 7*24*time.Hour, "how long a new namespace keeps closed workflows")
	fs.BoolVar(&o.exitWithParent, "exit-with-parent", false, "stop when standard input closes")
	fs.TextVar(&o.logLevel, "log-level", o.logLevel, "least level logged to standard error")
	fs.Func("search-attribute", "`NAME=TYPE`, may be repeated (default: those of the order workflows)", func(s string) error {
		name, valueType, err := parseAttribute(s)
		if err != nil {
			return err
		}
		given[name] = valueType
		return nil
	})
	if err := fs.Parse(args); err != nil {
		return nil, err
	}
	if fs.NArg() > 0 {
		return nil, fmt.Errorf("unexpected argument %q: only flags are read, see --help", fs.Arg(0))
	}
	if net.ParseIP(o.ip) == nil {
		return nil, fmt.Errorf("--ip %q is not an IP address: give one like 127.0.0.1", o.ip)
	}
	if strings.ContainsAny(o.db, "?#") {
		return nil, fmt.Errorf("--db %q holds ? or #, which SQLite reads as the start of options: choose another name", o.db)
	}
	if o.retention < time.Hour {
		return nil, fmt.Errorf("--retention %s is below the server's least value of 1h", o.retention)
	}
	o.attributes = defaultAttributes()
	if len(given) > 0 {
		o.attributes = given
	}
	return o, nil
}

// attributeTypes are the names that Temporal's own tools use for the types.
var attributeTypes = map[string]enumspb.IndexedValueType{
	"bool":        enumspb.INDEXED_VALUE_TYPE_BOOL,
	"datetime":    enumspb.INDEXED_VALUE_TYPE_DATETIME,
	"double":      enumspb.INDEXED_VALUE_TYPE_DOUBLE,
	"int":         enumspb.INDEXED_VALUE_TYPE_INT,
	"keyword":     enumspb.INDEXED_VALUE_TYPE_KEYWORD,
	"keywordlist": enumspb.INDEXED_VALUE_TYPE_KEYWORD_LIST,
	"text":        enumspb.INDEXED_VALUE_TYPE_TEXT,
}

func parseAttribute(s string) (string, enumspb.IndexedValueType, error) {
	name, typeName, ok := strings.Cut(s, "=")
	if !ok || name == "" {
		return "", 0, fmt.Errorf("%q is not NAME=TYPE", s)
	}
	valueType, ok := attributeTypes[strings.ToLower(typeName)]
	if !ok {
		known := slices.Sorted(maps.Keys(attributeTypes))
		return "", 0, fmt.Errorf("%q has the unknown type %q: use one of %s", s, typeName, strings.Join(known, ", "))
	}
	return name, valueType, nil
}

func (o *options) address() string { return net.JoinHostPort(o.ip, strconv.Itoa(o.port)) }

// innerAddress is where one of innerServices listens.
func (o *options) innerAddress(service string) string {
	return net.JoinHostPort(o.ip, strconv.Itoa(o.inner[service]))
}

func (o *options) webUI() string {
	return "http://" + net.JoinHostPort(o.ip, strconv.Itoa(o.uiPort))
}

// choosePorts fills in the ports left at 0. The server cannot be handed an open
// listener, so another process may take a port between here and its start; the
// server then dies with "address already in use" and its parent tries again.
func (o *options) choosePorts() error {
	o.inner = map[string]int{}
	var held []net.Listener // all held until the last is chosen, or the kernel may give one out twice
	defer func() {
		for _, l := range held {
			l.Close()
		}
	}()
	choose := func(port *int) error {
		if *port != 0 {
			return nil
		}
		l, err := net.Listen("tcp", net.JoinHostPort(o.ip, "0"))
		if err != nil {
			return fmt.Errorf("find a free port on %s: %w", o.ip, err)
		}
		held = append(held, l)
		*port = l.Addr().(*net.TCPAddr).Port
		return nil
	}
	if err := choose(&o.port); err != nil {
		return err
	}
	if err := choose(&o.uiPort); err != nil {
		return err
	}
	for _, service := range innerServices {
		var port int
		if err := choose(&port); err != nil {
			return err
		}
		o.inner[service] = port
	}
	return nil
}
