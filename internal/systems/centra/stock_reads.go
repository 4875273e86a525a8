package centra

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/ports"
	"selvedge/internal/systems/centra/gen"
)

var _ ports.StockShop = (*Shop)(nil)

const (
	// stockPart is how many rows one list gives at most, stockParts how many lists of a
	// kind stand in one request.
	stockPart  = 200
	stockParts = 5
	// eanPart leaves room for codes that two sizes have: a full list is refused.
	eanPart = stockPart / 2
)

// Warehouses lists the shop's warehouses.
func (s *Shop) Warehouses(ctx context.Context) ([]ports.ShopWarehouse, error) {
	var out []ports.ShopWarehouse
	for page := 1; ; page++ {
		data, err := gen.Warehouses(ctx, s.client, stockPart, page)
		if err != nil {
			return nil, err
		}
		for _, w := range data.Warehouses {
			out = append(out, shopWarehouse(w.Id, w.Name, w.Threshold, w.StockMaster))
		}
		if len(data.Warehouses) < stockPart {
			return out, nil
		}
	}
}

func shopWarehouse(id int, name string, threshold *int, master gen.WarehouseStockMaster) ports.ShopWarehouse {
	return ports.ShopWarehouse{
		ID: strconv.Itoa(id), Name: name, Threshold: value(threshold), OwnMaster: master != gen.WarehouseStockMasterExternal,
	}
}

// warehouseID finds the shop's id of a warehouse by its name, which is our key. It is
// asked for once; a warehouse that is not there is asked for again, since somebody may
// create it.
func (s *Shop) warehouseID(ctx context.Context, op, name string) (int, error) {
	if id, ok := s.warehouses.Load(name); ok {
		return id.(int), nil
	}
	list, err := s.Warehouses(ctx)
	if err != nil {
		return 0, err
	}
	found := 0
	for _, w := range list {
		id, err := key(op, "warehouse", w.ID)
		if err != nil {
			return 0, err
		}
		if w.Name != name {
			continue
		}
		if found != 0 {
			return 0, &fault.Fault{Kind: fault.Misconfigured, System: system, Op: op, Code: "warehouse", Message: fmt.Sprintf("two warehouses in Centra are called %q; rename one", name)}
		}
		found = id
	}
	if found == 0 {
		return 0, &fault.Fault{Kind: fault.Misconfigured, System: system, Op: op, Code: "warehouse", Message: fmt.Sprintf("Centra has no warehouse called %q; create it there, or correct the account's WAREHOUSE", name)}
	}
	s.warehouses.Store(name, found)
	return found, nil
}

// ReadStock reads figures and lines of one warehouse in one request, which Centra
// answers as of one instant (assumed: it is one query of one database). More orders
// than fit are read in further requests, and the figures once more at the end: what
// moved meanwhile is Torn.
func (s *Shop) ReadStock(ctx context.Context, warehouse string, sizes []string, orders []domain.OrderID) (ports.ShopStock, error) {
	const op = "ReadStock"
	if len(sizes) > ports.StockReadSizes {
		return ports.ShopStock{}, invalid(op, "sizes", strconv.Itoa(len(sizes)), fmt.Sprintf("%d sizes in one read; ask for at most %d", len(sizes), ports.StockReadSizes))
	}
	id, err := s.warehouseID(ctx, op, warehouse)
	if err != nil {
		return ports.ShopStock{}, err
	}
	wanted, err := keys(op, "sizes", sizes)
	if err != nil {
		return ports.ShopStock{}, err
	}
	numbers := make([]int, 0, len(orders))
	for _, o := range orders {
		if err := s.knowStore(op, o.Store); err != nil {
			return ports.ShopStock{}, err
		}
		n, err := orderNumber(op, o.Number)
		if err != nil {
			return ports.ShopStock{}, err
		}
		numbers = append(numbers, n)
	}
	read := stockRead{shop: s, warehouse: id, wanted: wanted}
	return read.run(ctx, numbers)
}

// stockRead is one reading of stock.
type stockRead struct {
	shop      *Shop
	warehouse int
	wanted    []int
}

func (r stockRead) run(ctx context.Context, numbers []int) (ports.ShopStock, error) {
	out := ports.ShopStock{At: r.shop.client.now()}
	for first := true; first || len(numbers) > 0; first = false {
		batch := numbers[:min(ports.StockReadOrders, len(numbers))]
		numbers = numbers[len(batch):]
		data, err := r.request(ctx, batch)
		if err != nil {
			return ports.ShopStock{}, err
		}
		if len(data.Warehouses) != 1 {
			return ports.ShopStock{}, notFound("ReadStock", "warehouse", strconv.Itoa(r.warehouse))
		}
		w := data.Warehouses[0]
		figures := rows(w.Part1, w.Part2, w.Part3, w.Part4, w.Part5)
		if first {
			out.Warehouse, out.Sizes = shopWarehouse(w.Id, w.Name, w.Threshold, w.StockMaster), figures
		} else {
			out.Sizes = torn(out.Sizes, figures)
		}
		for _, o := range concat(data.Orders1, data.Orders2, data.Orders3, data.Orders4, data.Orders5) {
			out.Lines = append(out.Lines, r.lines(o)...)
		}
	}
	return out, nil
}

func (r stockRead) request(ctx context.Context, numbers []int) (*gen.ReadStockResponse, error) {
	z, o := parts(r.wanted, stockPart), parts(numbers, stockPart)
	return gen.ReadStock(ctx, r.shop.client, []int{r.warehouse}, stockPart,
		z[0], len(z[0]) > 0, z[1], len(z[1]) > 0, z[2], len(z[2]) > 0, z[3], len(z[3]) > 0, z[4], len(z[4]) > 0,
		o[0], len(o[0]) > 0, o[1], len(o[1]) > 0, o[2], len(o[2]) > 0, o[3], len(o[3]) > 0, o[4], len(o[4]) > 0)
}

// lines tells what the shop holds for an order's lines of the sizes asked for, in the
// warehouse. An allocation stands on its order line while it is held and on a shipment
// line once the shipment is made; an instance may show it on both, so they are told
// apart by id. A unit is completed when its shipment is: packed, paid and gone.
func (r stockRead) lines(o gen.StockOrder) []domain.LineStock {
	wanted := make(map[int]bool, len(r.wanted))
	for _, z := range r.wanted {
		wanted[z] = true
	}
	id := domain.OrderID{Store: r.shop.config.Stores[o.Store.Id], Number: strconv.Itoa(o.Number)}
	completed, gone := map[int]int{}, map[int]bool{}
	for _, sh := range o.Shipments {
		if !sh.IsGoodToGo || !sh.IsPaid || !sh.IsShipped {
			continue
		}
		for _, l := range sh.Lines {
			for _, a := range l.Allocations {
				if !gone[a.Id] && a.Warehouse.Id == r.warehouse {
					completed[a.OrderLine.Id] += a.Quantity
				}
				gone[a.Id] = true
			}
			if len(l.Allocations) == 0 {
				// Where the units came from is not told: count them here, which lowers.
				completed[l.OrderLine.Id] += l.Quantity
			}
		}
	}
	var out []domain.LineStock
	for _, l := range o.Lines {
		if l.ProductSize == nil || !wanted[l.ProductSize.Id] {
			continue
		}
		line := domain.LineStock{Order: id, Line: strconv.Itoa(l.Id), Size: strconv.Itoa(l.ProductSize.Id), Completed: completed[l.Id]}
		for _, a := range l.Allocations {
			if a.Warehouse.Id == r.warehouse && !gone[a.Id] {
				line.Allocated += a.Quantity
			}
		}
		out = append(out, line)
	}
	return out
}

// torn marks what two readings of figures tell differently.
func torn(before, after []domain.SizeStock) []domain.SizeStock {
	then := make(map[string]domain.SizeStock, len(before))
	for _, b := range before {
		then[b.Size] = b
	}
	for i, a := range after {
		b, known := then[a.Size]
		after[i].Torn = !known || b.Torn || b.Physical != a.Physical || b.FreeToAllocate != a.FreeToAllocate
	}
	return after
}

func rows(lists ...[]gen.StockRow) []domain.SizeStock {
	var out []domain.SizeStock
	for _, list := range lists {
		for _, r := range list {
			z := domain.SizeStock{Size: strconv.Itoa(r.ProductSize.Id), Physical: r.PhysicalQuantity, FreeToAllocate: r.FreeToAllocateQuantity}
			if v := r.ProductSize.ProductVariant; v != nil {
				z.Offset = value(v.StockOffset)
			}
			out = append(out, z)
		}
	}
	return out
}

// ListStock lists the figures of all sizes of a warehouse, 1000 a request.
func (s *Shop) ListStock(ctx context.Context, warehouse, cursor string) ([]domain.SizeStock, string, error) {
	const op = "ListStock"
	id, err := s.warehouseID(ctx, op, warehouse)
	if err != nil {
		return nil, "", err
	}
	p, err := pageOf(op, cursor)
	if err != nil {
		return nil, "", err
	}
	data, err := gen.ListStock(ctx, s.client, []int{id}, stockPart, p, p+1, p+2, p+3, p+4)
	if err != nil {
		return nil, "", err
	}
	if len(data.Warehouses) != 1 {
		return nil, "", notFound(op, "warehouse", warehouse)
	}
	w := data.Warehouses[0]
	return rows(w.Part1, w.Part2, w.Part3, w.Part4, w.Part5), pageAfter(p, len(w.Part5)), nil
}

// Sizes lists sizes. The full list is read in the shop's own order, in which new sizes
// come last, so that nothing moves between pages; changes are read oldest first.
func (s *Shop) Sizes(ctx context.Context, since time.Time, cursor string) ([]ports.ShopSize, string, error) {
	p, err := pageOf("Sizes", cursor)
	if err != nil {
		return nil, "", err
	}
	if since.IsZero() {
		data, err := gen.ListSizes(ctx, s.client, stockPart, p, p+1, p+2, p+3, p+4)
		if err != nil {
			return nil, "", err
		}
		return shopSizes(data.Part1, data.Part2, data.Part3, data.Part4, data.Part5), pageAfter(p, len(data.Part5)), nil
	}
	data, err := gen.UpdatedSizes(ctx, s.client, since.UTC().Format(time.RFC3339), stockPart, p)
	if err != nil {
		return nil, "", err
	}
	next := ""
	if len(data.ProductSizes) == stockPart {
		next = strconv.Itoa(p + 1)
	}
	return shopSizes(data.ProductSizes), next, nil
}

// SizesByEAN resolves codes in one request.
func (s *Shop) SizesByEAN(ctx context.Context, eans []string) ([]ports.ShopSize, error) {
	const op = "SizesByEAN"
	if len(eans) > ports.SizesByEANLimit {
		return nil, invalid(op, "eans", strconv.Itoa(len(eans)), fmt.Sprintf("%d codes in one read; ask for at most %d", len(eans), ports.SizesByEANLimit))
	}
	e := parts(eans, eanPart)
	data, err := gen.SizesByEAN(ctx, s.client, stockPart,
		e[0], len(e[0]) > 0, e[1], len(e[1]) > 0, e[2], len(e[2]) > 0, e[3], len(e[3]) > 0, e[4], len(e[4]) > 0)
	if err != nil {
		return nil, err
	}
	for _, part := range [][]gen.ShopSize{data.Part1, data.Part2, data.Part3, data.Part4, data.Part5} {
		if len(part) >= stockPart {
			return nil, invalid(op, "eans", "", fmt.Sprintf("%d codes stand for %d sizes or more; ask for fewer at once", eanPart, stockPart))
		}
	}
	return shopSizes(data.Part1, data.Part2, data.Part3, data.Part4, data.Part5), nil
}

func shopSizes(lists ...[]gen.ShopSize) []ports.ShopSize {
	var out []ports.ShopSize
	for _, list := range lists {
		for _, z := range list {
			size := ports.ShopSize{ID: strconv.Itoa(z.Id), SKU: value(z.SKU), EAN: value(z.EAN), UPC: value(z.UPC)}
			if z.ProductVariant != nil {
				size.Offset = value(z.ProductVariant.StockOffset)
			}
			out = append(out, size)
		}
	}
	return out
}

// parts cuts a list into the lists of one request; none is nil, which would be null.
func parts[T any](all []T, size int) [stockParts][]T {
	var out [stockParts][]T
	for i := range out {
		n := min(size, len(all))
		out[i], all = append([]T{}, all[:n]...), all[n:]
	}
	return out
}

func concat[T any](lists ...[]T) []T {
	var out []T
	for _, l := range lists {
		out = append(out, l...)
	}
	return out
}

func keys(op, field string, texts []string) ([]int, error) {
	out := make([]int, 0, len(texts))
	for i, text := range texts {
		n, err := key(op, fmt.Sprintf("%s[%d]", field, i), text)
		if err != nil {
			return nil, err
		}
		out = append(out, n)
	}
	return out, nil
}

func pageOf(op, cursor string) (int, error) {
	if cursor == "" {
		return 1, nil
	}
	p, err := strconv.Atoi(cursor)
	if err != nil || p < 1 {
		return 0, invalid(op, "cursor", cursor, fmt.Sprintf("cursor %q is none of ours; begin the list anew", cursor))
	}
	return p, nil
}

// pageAfter is the cursor after five pages of which the last held so many rows.
func pageAfter(p, last int) string {
	if last < stockPart {
		return ""
	}
	return strconv.Itoa(p + stockParts)
}
