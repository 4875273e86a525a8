package main

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
)

func TestParseOptions(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		args    []string
		want    map[string]enumspb.IndexedValueType
		wantErr string
	}{
		"the order workflows' attributes are the default": {want: defaultAttributes()},
		"one given attribute replaces the default set": {
			args: []string{"--search-attribute", "Cause=KeywordList", "--search-attribute", "Units=int"},
			want: map[string]enumspb.IndexedValueType{
				"Cause": enumspb.INDEXED_VALUE_TYPE_KEYWORD_LIST, "Units": enumspb.INDEXED_VALUE_TYPE_INT,
			},
		},
		"an unknown type names the known ones": {
			args: []string{"--search-attribute", "Cause=List"}, wantErr: "use one of bool, datetime",
		},
		"an attribute needs a type":            {args: []string{"--search-attribute", "Cause"}, wantErr: "not NAME=TYPE"},
		"a host name is refused":               {args: []string{"--ip", "localhost"}, wantErr: "give one like 127.0.0.1"},
		"a stray argument is not ignored":      {args: []string{"start"}, wantErr: `unexpected argument "start"`},
		"options in the file name are refused": {args: []string{"--db", "a.db?mode=memory"}, wantErr: "choose another name"},
		"a retention the server would refuse":  {args: []string{"--retention", "1m"}, wantErr: "least value of 1h"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := parseOptions(tt.args)
			if tt.wantErr != "" {
				require.ErrorContains(t, err, tt.wantErr)
				return
			}
			require.NoError(t, err)
			require.Equal(t, tt.want, got.attributes)
		})
	}
}

func TestChosenPortsDiffer(t *testing.T) {
	t.Parallel()
	o := &options{ip: "127.0.0.1"}
	require.NoError(t, o.choosePorts())
	ports := map[int]bool{o.port: true, o.uiPort: true}
	for _, port := range o.inner {
		ports[port] = true
	}
	require.Len(t, ports, 2+len(innerServices))
	require.NotContains(t, ports, 0)
}

// A process killed while it made the file leaves the draft; the next start must
// neither trip over it nor use it.
func TestAHalfMadeDatabaseIsStartedOver(t *testing.T) {
	t.Parallel()
	o, err := parseOptions([]string{"--db", filepath.Join(t.TempDir(), "new", "t.db")})
	require.NoError(t, err)
	require.NoError(t, prepareDatabase(&options{db: o.db + ".new", namespace: "half-made"}))
	require.NoError(t, prepareDatabase(o), "beside a draft")
	require.FileExists(t, o.db)
	require.NoFileExists(t, o.db+".new")
	require.NoError(t, prepareDatabase(o), "on a database that exists")
}
