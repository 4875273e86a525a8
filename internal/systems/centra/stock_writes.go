package centra

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"

	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/ports"
	"selvedge/internal/systems/centra/gen"
)

// ChangeStock changes stock by differences, in one mutation.
//
// A second run changes once more: Centra has no key for it. So after fault.Uncertain
// callers wait, read the figures again and compute anew; a difference to a figure that
// has moved already is no difference any more.
func (s *Shop) ChangeStock(ctx context.Context, c ports.StockChange) error {
	const op = "ChangeStock"
	sizes, err := checkUnits(op, c.Sizes, 1)
	if err != nil {
		return err
	}
	id, err := s.warehouseID(ctx, op, c.Warehouse)
	if err != nil {
		return err
	}
	input, class := gen.StockChangeInput{Description: c.Description}, ClassStockIncrease
	if c.Decrease {
		input.OutFromWarehouse, class = &gen.WarehouseInput{Id: &id}, ClassStockDecrease
	} else {
		input.IntoWarehouse = &gen.WarehouseInput{Id: &id}
	}
	for i, u := range c.Sizes {
		input.ProductSizes = append(input.ProductSizes, gen.StockChangeProductSizeInput{
			ProductSize: gen.ProductSizeInput{Id: &sizes[i]}, DeliveredQuantity: u.Units,
		})
	}
	if err := s.client.spend(ctx, class); err != nil {
		return err
	}
	data, err := gen.ChangeStock(ctx, s.client, input)
	if err != nil {
		return err
	}
	if err := refusal(op, input.ProductSizes, data.ChangeStock.UserErrors); err != nil {
		return namingSizes(err, c.Sizes)
	}
	if data.ChangeStock.StockChange == nil {
		return silent(op)
	}
	return nil
}

// SetStock sets physical stock. A second run sets the same figures again; but what
// Centra allocated or shipped in between is counted twice by it, so it is only for the
// first load of an empty warehouse.
func (s *Shop) SetStock(ctx context.Context, warehouse, description string, units []domain.SizeUnits) error {
	const op = "SetStock"
	sizes, err := checkUnits(op, units, 0)
	if err != nil {
		return err
	}
	id, err := s.warehouseID(ctx, op, warehouse)
	if err != nil {
		return err
	}
	input := gen.StockSetInput{
		Warehouse: gen.WarehouseInput{Id: &id}, Description: description, StockQuantityType: gen.StockQuantityTypePhysical,
	}
	for i, u := range units {
		input.ProductSizes = append(input.ProductSizes, gen.StockSetProductSizeInput{
			ProductSize: gen.ProductSizeInput{Id: &sizes[i]}, Quantity: u.Units,
		})
	}
	if err := s.client.spend(ctx, ClassStockIncrease); err != nil {
		return err
	}
	data, err := gen.SetStock(ctx, s.client, input)
	if err != nil {
		return err
	}
	if err := refusal(op, input.ProductSizes, data.SetStock.UserErrors); err != nil {
		return namingSizes(err, units)
	}
	return nil
}

func checkUnits(op string, units []domain.SizeUnits, least int) ([]int, error) {
	if len(units) < 1 || len(units) > ports.StockBatch {
		return nil, invalid(op, "sizes", strconv.Itoa(len(units)), fmt.Sprintf("%d sizes in one mutation; give 1 to %d", len(units), ports.StockBatch))
	}
	sizes, seen := make([]int, 0, len(units)), make(map[int]bool, len(units))
	for i, u := range units {
		n, err := key(op, fmt.Sprintf("sizes[%d]", i), u.Size)
		if err != nil {
			return nil, err
		}
		if u.Units < least || seen[n] {
			return nil, invalid(op, fmt.Sprintf("sizes[%d]", i), strconv.Itoa(u.Units), fmt.Sprintf("%d units of size %d; give each size once, with %d units or more", u.Units, n, least))
		}
		seen[n] = true
		sizes = append(sizes, n)
	}
	return sizes, nil
}

var sizeAt = regexp.MustCompile(`\bproductSizes\.(\d+)\b`)

// namingSizes puts the size into the problems of a refusal that Centra tells by
// position.
func namingSizes(err error, units []domain.SizeUnits) error {
	var f *fault.Fault
	if !errors.As(err, &f) {
		return err
	}
	for i, p := range f.Problems {
		if m := sizeAt.FindStringSubmatch(p.Field); m != nil {
			if at, err := strconv.Atoi(m[1]); err == nil && at < len(units) {
				f.Problems[i].Value = units[at].Size
			}
		}
	}
	return err
}
