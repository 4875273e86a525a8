package centra

import (
	_ "embed"
	"regexp"
	"strings"
	"sync"
	"unicode"

	"selvedge/internal/systems/centra/wire"
)

//go:embed schema.graphql
var schemaText string

const withheld = "[withheld]"

// commonWords are words of messages beyond those that the schema's own text holds.
const commonWords = `
a able about above account accepted after again all allowed already also although an and another any are argument
as at authorization authorized authorised available away back be because been before being below between both but
by call can cancel cancelled cannot capture captured capturing change changed complete completed confirm confirmed
connection contains could create created currently data declined delete denied deprecated did different directly do
does doesn't don done due duplicate each either empty enabled enough error errors every exceed exceeds exceeded exist
existing exists expected expired failed failure field for found from full funds further gateway given go going good greater
had has have held hold id if in inactive insufficient integer integration internal into invalid is it item items its
last later least left less limit line lines locked longer lower maximum may minimum missing more most must negative
no non none not nothing null number of off on one only or order orders other out over paid partially pay payment
pending permission permissions please positive possible processing product provided provider quantity reached reason
refund refunded rejected release remaining remove removed request required requires restricted same selection server
set shipment shipments ship shipped shipping should since size sizes some status still stock store string such system
taken than that the their them then there these they this through timeout to token too total try two type unable
unauthorized unexpected unknown unpaid unshipped until up update updated use used user valid value variable variables
waiting warehouse need needs needed access field least was were what when where which while will with without would wrong yet you your zero ok accepts action active add address affected against amount applied argument assigned attempt balance base
batch begin blocked body bought bundle bundles business buyer cancelable cancelled cannot carrier cart certificate
changes charge check checked close closed code combination comment component components conflict contact content
conversion cost costs count country create currency customer data date day days delivered delivery demand depth
description discount document does duplicated during editing effect element elements email enabled end ended entity
entry equal events exactly executed execute expects fetch fields filter final finished fit fixed format future gift
group groups guest handling happened history hour hours identifier ids ignored impossible included incoming
incorrect index info input inputs installed instance instead interval invoice key keys known lacks language length
list listed listener lists loaded location lock lower mail many market marked match matching max message method min
minute minutes missing mode modified money month moved mutation name named names new newer next nonexistent nothing
notice notification object objects old once operation option options original others ours packages page parameter
parse part parts past payload per person placed policy possible prepared previous price prices problem products
provide query quota quotas raised range rate read reading ready recorded references refused refusal releasing repeat
reported requests resource response result return returned returns row rule same save saved schedule scope second
seconds selected selecting send sent set several shall short show simultaneously since single skipped something sort
start started state stopped store stores sum supported syntax table target tax taxes temporarily temporary term
text than time times today tracking transaction transition twice types unallocated unavailable undefined unique unit
units unlock unlocked unprocessable unsupported version view visible void voucher want wants week while whole within
write writing year
`

// vocabulary is every word that a message may show.
var vocabulary = sync.OnceValue(func() map[string]bool {
	words := map[string]bool{}
	for _, w := range regexp.MustCompile(`[A-Za-z]+`).FindAllString(schemaText+commonWords, -1) {
		words[strings.ToLower(w)] = true
	}
	return words
})

var (
	emailLike = regexp.MustCompile(`\S*@\S*`)
	phoneLike = regexp.MustCompile(`\+?\d[\d ()./-]{5,}\d`)
	wordLike  = regexp.MustCompile(`[\p{L}\p{N}\p{M}_]+(?:['’][\p{L}\p{M}]+)*`)
	repeated  = regexp.MustCompile(`\[withheld\](?:[\s,.'"’-]*\[withheld\])+`)
	numbers   = regexp.MustCompile(`\d+`)
)

// maxMessage bounds what a message of Centra may take of a screen.
const maxMessage = 400

// clean makes a message of Centra fit for logs and exceptions. Messages can echo a
// customer's name or address, also ones that we did not send, so nothing can be
// struck out by comparison: only words of a known vocabulary, short numbers and
// numbers that stood in our request remain.
func clean(message string, sent []byte) string {
	known := map[string]bool{}
	for _, n := range numbers.FindAllString(string(sent), -1) {
		known[n] = true
	}
	message = emailLike.ReplaceAllString(message, withheld)
	message = phoneLike.ReplaceAllStringFunc(message, func(s string) string {
		if known[s] {
			return s
		}
		return withheld
	})
	message = wordLike.ReplaceAllStringFunc(message, func(w string) string {
		if w == "withheld" || shown(w, known) {
			return w
		}
		return withheld
	})
	message = strings.ReplaceAll(message, "["+withheld+"]", withheld)
	message = strings.TrimSpace(repeated.ReplaceAllString(message, withheld))
	if runes := []rune(message); len(runes) > maxMessage {
		message = string(runes[:maxMessage]) + "…"
	}
	return message
}

// cleanPath does for the path of a notice what clean does for its text.
func cleanPath(p wire.Path) string { return clean(p.String(), nil) }

func shown(word string, known map[string]bool) bool {
	digits := strings.IndexFunc(word, func(r rune) bool { return !unicode.IsDigit(r) }) < 0
	if digits {
		return len(word) <= 3 || known[word]
	}
	if strings.IndexFunc(word, unicode.IsDigit) >= 0 {
		return vocabulary()[strings.ToLower(word)]
	}
	if vocabulary()[strings.ToLower(strings.ReplaceAll(word, "’", "'"))] {
		return true
	}
	parts := strings.FieldsFunc(word, func(r rune) bool { return r == '\'' || r == '’' || r == '_' })
	for _, p := range parts {
		if !vocabulary()[strings.ToLower(p)] {
			return false
		}
	}
	return len(parts) > 0
}
