package domain

// goods are the lines of a shipment that left for lines of the order: none of a
// voided shipment, none that nobody can match, none sent in place of another.
func (s Shipment) goods() []LineQuantity {
	if s.Voided {
		return nil
	}
	var lines []LineQuantity
	for _, l := range s.Lines {
		if l.Line != "" && !l.Substituted {
			lines = append(lines, LineQuantity{Line: l.Line, Quantity: l.Quantity})
		}
	}
	return merge(lines)
}

// resolve gives lines that the floor could not match the one open line of the
// consignment that holds their item; with more than one, or none, they stay
// unmatched. Named lines count first, so that the outcome depends on no order.
func resolve(c ConsignmentProgress, physical map[string]Line, shipments []Shipment) []Shipment {
	open := map[string]int{}
	for _, l := range c.Lines {
		open[l.Line] = l.Quantity - l.Short - l.Cancelled
	}
	out := make([]Shipment, len(shipments))
	for i, s := range shipments {
		s.Lines = append([]ShipmentLine(nil), s.Lines...)
		for j, l := range s.Lines {
			if _, known := physical[l.Line]; !known {
				s.Lines[j].Line = ""
			} else if !s.Voided {
				open[l.Line] -= l.Quantity
			}
		}
		out[i] = s
	}
	for _, s := range out {
		for j, l := range s.Lines {
			if l.Line != "" || l.Substituted || s.Voided {
				continue
			}
			if match := onlyOpen(c, open, l.SKU); match != "" {
				s.Lines[j].Line = match
				open[match] -= l.Quantity
			}
		}
	}
	return out
}

func onlyOpen(c ConsignmentProgress, open map[string]int, sku string) string {
	match := ""
	for _, l := range c.Lines {
		if l.SKU != sku || open[l.Line] <= 0 {
			continue
		}
		if match != "" {
			return ""
		}
		match = l.Line
	}
	return match
}

// parcels pairs warehouse shipments with the shop's, in a stable order. What stands
// in the shop stays as written, whatever arrives later; the rest gets what the
// shop's lines can still take.
func (d *deriver) parcels(shipments []Shipment) ([]ParcelProgress, []Question) {
	left := map[string]int{}
	for id, l := range d.physical {
		left[id] = l.Quantity
	}
	parcels := make([]ParcelProgress, len(shipments))
	var questions []Question
	for i, s := range shipments {
		parcels[i] = ParcelProgress{Shipment: s, Noted: d.noted[s.ID]}
		if written, ok := d.shop[s.ID]; ok {
			parcels[i].Shop = &written
			if !s.Voided {
				parcels[i].Lines = written.Lines
			}
			for _, l := range parcels[i].Lines {
				left[l.Line] -= l.Quantity
			}
		}
		questions = append(questions, d.oddities(s, parcels[i].Shop)...)
	}
	for i := range parcels {
		if len(parcels[i].Lines) == 0 {
			parcels[i].Lines = pushable(parcels[i].Shipment, left)
		}
	}
	return parcels, questions
}

// pushable is what of a shipment goes to the shop, taken off what is left to push.
func pushable(s Shipment, left map[string]int) []LineQuantity {
	var lines []LineQuantity
	for _, l := range s.goods() {
		if n := min(l.Quantity, left[l.Line]); n > 0 {
			left[l.Line] -= n
			lines = append(lines, LineQuantity{Line: l.Line, Quantity: n})
		}
	}
	return lines
}

func merge(lines []LineQuantity) []LineQuantity {
	var out []LineQuantity
	at := map[string]int{}
	for _, l := range lines {
		if i, ok := at[l.Line]; ok {
			out[i].Quantity += l.Quantity
			continue
		}
		at[l.Line] = len(out)
		out = append(out, l)
	}
	return out
}

// oddities are what a shipment holds that nobody ordered; its known lines count all the same.
func (d *deriver) oddities(s Shipment, shop *ShopShipmentFact) []Question {
	var questions []Question
	ask := func(kind, detail, sku, message string) {
		questions = append(questions, Question{
			Kind: kind, Subject: s.ID, Cause: NewCause(kind, d.order.ID.String(), s.ID, detail),
			Problems: []Refusal{{Code: kind, SKU: sku, Message: message}},
		})
	}
	if s.Voided {
		if shop != nil {
			ask("shipment-voided", "", "", "the warehouse took back shipment "+s.ID+", which stands in the shop as "+shop.Number+"; the shop has no way to remove it")
		}
		return questions
	}
	for _, l := range s.Lines {
		switch {
		case l.Substituted:
			ask("substituted-item", l.SKU, l.SKU, "the warehouse shipped another item instead of the one ordered")
		case l.Line == "":
			ask("unknown-line", l.SKU, l.SKU, "the warehouse shipped an item that no line of the order asks for")
		}
	}
	return questions
}
