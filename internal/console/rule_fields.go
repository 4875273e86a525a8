package console

// ruleField is an input for one of the keys that a table reads besides.
type ruleField struct {
	Key, Label, Value string
	Example, Hint     string
	Required          bool
}

// Extras are the inputs for all keys that the table reads. A key that has no words of its
// own here is shown under its name, so that a new one needs nothing on this page.
func (f ruleForm) Extras() []ruleField {
	words := map[string]ruleField{
		"attribute":       {Label: "The attribute that gets the default", Required: true},
		"currency":        {Label: "Booked in the currency", Example: "GBP"},
		"timezone":        {Label: "Time zone", Example: "Europe/London", Required: true},
		"days":            {Label: "Working days", Example: "mon-fri"},
		"ledger":          {Label: "Ledger", Hint: "empty: the only one"},
		"late":            {Label: "For a closed month", Hint: "post or ask; empty: post in the first open month"},
		"warehouses":      {Label: "Owns the stock of", Hint: "warehouses, with commas between"},
		"fee":             {Label: "Kept back from a return", Example: "395 GBP, 450 EUR", Hint: "minor units and currency; empty: nothing"},
		"refund":          {Label: "The money meanwhile", Hint: "hold or release; empty: as usual for the disposition"},
		"remindAfterDays": {Label: "Ask when undecided for days", Example: "21"},
		"shipping":        {Label: "Carriage goes back", Hint: "none, full-return or always; empty: none"},
	}
	var fields []ruleField
	for _, key := range f.Form.Extra {
		field := words[key]
		if field.Label == "" {
			field.Label = key
		}
		field.Key, field.Value = key, f.Rule.Extra[key]
		fields = append(fields, field)
	}
	return fields
}
