package activities

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"selvedge/internal/ports"
)

// sizesCursor is where the list of the shop's sizes goes on.
const sizesCursor = "stock-sizes"

// sizesEvery is how often the shop is asked for sizes that it did not have before.
const sizesEvery = time.Minute

// resolve finds the shop's sizes behind warehouse items: by the codes that rules give,
// else by the item's own code as SKU or EAN. Every size that our rules send to the item
// counts, so that a code which two sizes have is seen and never guessed.
func (l *looker) resolve(ctx context.Context, skus []string) (map[string][]ports.ShopSize, error) {
	found, err := l.known(ctx, skus)
	if err != nil {
		return nil, err
	}
	missing := without(skus, found)
	if len(missing) == 0 || l.listed {
		return found, nil
	}
	l.listed = true
	if err := l.stock.learnSizes(ctx, l.codesOf(missing)); err != nil {
		return nil, err
	}
	late, err := l.known(ctx, missing)
	for sku, sizes := range late {
		found[sku] = sizes
	}
	return found, err
}

func without(skus []string, found map[string][]ports.ShopSize) (missing []string) {
	for _, sku := range skus {
		if len(found[sku]) == 0 {
			missing = append(missing, sku)
		}
	}
	return missing
}

func (l *looker) codesOf(skus []string) []string {
	var codes []string
	for _, sku := range skus {
		codes = append(codes, sku)
		codes = append(codes, l.codes[sku]...)
	}
	return codes
}

// known asks the store.
func (l *looker) known(ctx context.Context, skus []string) (map[string][]ports.ShopSize, error) {
	sizes, err := l.stock.Store.ShopSizes(ctx, l.codesOf(skus), nil)
	if err != nil {
		return nil, err
	}
	wanted := make(map[string]bool, len(skus))
	for _, sku := range skus {
		wanted[sku] = true
	}
	found := map[string][]ports.ShopSize{}
	for _, z := range sizes {
		// An item may be known by the EAN of a size whose SKU stands for itself.
		for _, code := range []string{z.SKU, z.EAN} {
			item, _, miss := l.rules.Item(l.in.Warehouse, code, z.EAN)
			if miss != nil || !wanted[item] {
				continue
			}
			if !slices.ContainsFunc(found[item], func(o ports.ShopSize) bool { return o.ID == z.ID }) {
				found[item] = append(found[item], z)
			}
			break
		}
	}
	return found, nil
}

// sizesRead says how far the shop's sizes are known.
type sizesRead struct {
	Since time.Time `json:"since,omitzero"` // changes since are asked for next
	Page  string    `json:"page,omitempty"` // of a list that broke off
	Next  time.Time `json:"next,omitzero"`  // what Since will be when it ends
	At    time.Time `json:"at,omitzero"`    // when it was asked last
}

// learnSizes asks the shop for sizes: the few by their EAN, and all that changed since
// the last time, a page after the other. A second run asks for the same again.
func (s *Stock) learnSizes(ctx context.Context, codes []string) error {
	var eans []string
	for _, c := range codes {
		if len(c) >= 8 && len(c) <= 14 && strings.Trim(c, "0123456789") == "" {
			eans = append(eans, c)
		}
	}
	for part := range slices.Chunk(eans, 1000) {
		sizes, err := s.Shop.SizesByEAN(ctx, part)
		if err != nil {
			return err
		}
		if err := s.Store.SaveShopSizes(ctx, sizes); err != nil {
			return err
		}
	}
	text, err := s.Store.Cursor(ctx, sizesCursor)
	if err != nil {
		return err
	}
	var read sizesRead
	_ = json.Unmarshal([]byte(text), &read) // none yet: everything is read
	now := s.Clock()
	if read.Page == "" {
		if now.Sub(read.At) < sizesEvery {
			return nil
		}
		read.Next = now
	}
	for {
		sizes, next, err := s.Shop.Sizes(ctx, read.Since, read.Page)
		if err != nil {
			return err
		}
		if err := s.Store.SaveShopSizes(ctx, sizes); err != nil {
			return err
		}
		read.Page, read.At = next, now
		if next == "" {
			read.Since, read.Next = read.Next.Add(-sizesEvery), time.Time{} // the clocks differ
		}
		kept, err := json.Marshal(read)
		if err != nil {
			return err
		}
		if err := s.Store.SaveCursor(ctx, sizesCursor, string(kept), now); err != nil || next == "" {
			return err
		}
	}
}
