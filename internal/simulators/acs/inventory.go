package acs

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	// changesLife is how long a changesCursor is good for.
	changesLife = 14 * 24 * time.Hour
	// keptSnapshots bounds the snapshots that an account may be reading at once.
	keptSnapshots = 20
)

// snapshot is a frozen list of records, read page by page: a snapshot of the
// contract, or one delta.
type snapshot struct {
	id        string
	mode      string
	asOf      time.Time
	records   []inventoryRecord
	changes   string
	made      time.Time
	cutBefore int // a page that starts here or later answers 500; 0 means none
}

type inventoryPage struct {
	Mode          string            `json:"mode"`
	SnapshotID    string            `json:"snapshotId,omitempty"`
	AsOf          time.Time         `json:"asOf"`
	GeneratedAt   time.Time         `json:"generatedAt"`
	NextCursor    *string           `json:"nextCursor"`
	ChangesCursor *string           `json:"changesCursor"`
	Data          []inventoryRecord `json:"data"`
}

func (s *Simulator) listInventory(c *call) answer {
	query := c.request.URL.Query()
	given := 0
	for _, name := range []string{"cursor", "since", "sku"} {
		if query.Has(name) {
			given++
		}
	}
	switch {
	case given > 1:
		return refuse(http.StatusBadRequest, "bad_request", "Give one of cursor, since and sku.")
	case query.Has("sku"):
		return s.lookUp(c, strings.Split(query.Get("sku"), ","))
	case query.Has("cursor"):
		return s.nextInventoryPage(c, query.Get("cursor"))
	case query.Has("since"):
		return s.delta(c, query.Get("since"))
	}
	a := c.account
	return s.inventoryPage(c, s.freeze(a, "snapshot", s.records(a, -1)), 0)
}

// records returns what changed after a change number, SKU by SKU; -1 means
// everything. While the feed is stale it is what it was when that began.
func (s *Simulator) records(a *account, after int64) []inventoryRecord {
	if s.now().Before(a.staleUntil) {
		if after >= 0 {
			return nil
		}
		return slices.Clone(a.stale)
	}
	var out []inventoryRecord
	for _, t := range a.stock {
		if t.change > after {
			out = append(out, t.record())
		}
	}
	slices.SortFunc(out, func(x, y inventoryRecord) int { return strings.Compare(x.SKU, y.SKU) })
	return out
}

// asOf is the state of the warehouse that the feed reflects.
func (s *Simulator) asOf(a *account) time.Time {
	if s.now().Before(a.staleUntil) && len(a.stale) > 0 {
		newest := a.stale[0].AsOf
		for _, r := range a.stale {
			if r.AsOf.After(newest) {
				newest = r.AsOf
			}
		}
		return newest
	}
	return s.now()
}

func (s *Simulator) freeze(a *account, mode string, records []inventoryRecord) *snapshot {
	shot := &snapshot{id: s.id("snap"), mode: mode, asOf: s.asOf(a), records: records, made: s.now(), changes: a.changesCursor(s.now())}
	for id, old := range a.snapshots {
		if len(a.snapshots) >= keptSnapshots && old.made.Before(shot.made) || shot.made.Sub(old.made) > cursorLife {
			delete(a.snapshots, id)
		}
	}
	a.snapshots[shot.id] = shot
	return shot
}

// changesCursor stands at the newest change: chg_<epoch>_<change>_<unix time>.
func (a *account) changesCursor(now time.Time) string {
	return fmt.Sprintf("chg_%d_%06d_%d", a.feedEpoch, a.change, now.Unix())
}

func (s *Simulator) delta(c *call, since string) answer {
	var epoch int
	var after, issued int64
	if n, err := fmt.Sscanf(since, "chg_%d_%d_%d", &epoch, &after, &issued); err != nil || n != 3 {
		return refuse(http.StatusBadRequest, "bad_request", "since is no changesCursor.")
	}
	a := c.account
	if epoch != a.feedEpoch || s.now().Unix()-issued > int64(changesLife.Seconds()) {
		return refuse(http.StatusGone, "cursor_expired", "Take a snapshot.")
	}
	stale := s.now().Before(a.staleUntil)
	shot := s.freeze(a, "delta", s.records(a, after))
	if stale {
		shot.changes = since // nothing was told, so nothing may be skipped
	}
	return s.inventoryPage(c, shot, 0)
}

func (s *Simulator) nextInventoryPage(c *call, text string) answer {
	given, valid := parseCursor(text)
	if !valid || given.List != "inventory" {
		return refuse(http.StatusBadRequest, "bad_request", "The cursor is not one of this list.")
	}
	shot := c.account.snapshots[given.Filter]
	if shot == nil || s.now().Unix()-given.Issued > int64(cursorLife.Seconds()) {
		return refuse(http.StatusGone, "cursor_expired", "Take a snapshot.")
	}
	return s.inventoryPage(c, shot, int(given.After))
}

func (s *Simulator) inventoryPage(c *call, shot *snapshot, from int) answer {
	if shot.cutBefore > 0 && from >= shot.cutBefore {
		return refuse(http.StatusInternalServerError, "internal", "The snapshot broke off.")
	}
	limit := c.limit(500)
	to := min(len(shot.records), from+limit)
	out := inventoryPage{Mode: shot.mode, SnapshotID: shot.id, AsOf: shot.asOf, GeneratedAt: s.now(), Data: orEmpty(shot.records[from:to])}
	if to < len(shot.records) {
		next := cursor{List: "inventory", After: int64(to), Issued: s.now().Unix(), Filter: shot.id}.String()
		out.NextCursor = &next
	} else {
		out.ChangesCursor = &shot.changes
	}
	return ok(http.StatusOK, out)
}

func (s *Simulator) lookUp(c *call, skus []string) answer {
	out := inventoryPage{Mode: "lookup", AsOf: s.asOf(c.account), GeneratedAt: s.now(), Data: []inventoryRecord{}}
	for _, r := range s.records(c.account, -1) {
		if slices.Contains(skus, r.SKU) {
			out.Data = append(out.Data, r)
		}
	}
	return ok(http.StatusOK, out)
}

// listUnits pages by serial; the cursor's filter carries the last one shown.
func (s *Simulator) listUnits(c *call) answer {
	sku := c.path["sku"]
	if c.account.items[sku] == nil && c.account.stock[sku] == nil {
		return notFound("SKU", sku)
	}
	var units []*unitRecord
	for _, u := range c.account.units {
		if u.SKU == sku {
			units = append(units, u)
		}
	}
	slices.SortFunc(units, func(x, y *unitRecord) int { return strings.Compare(x.Serial, y.Serial) })
	change := int64(0)
	all := make([]listed[unitRecord], len(units))
	for i, u := range units {
		change++
		all[i] = listed[unitRecord]{change, u.UpdatedAt, func() unitRecord { return *u }}
	}
	return serveList(s, c, "units/"+sku, strconv.Itoa(len(units)), func(string) []listed[unitRecord] { return all })
}

type adjustment struct {
	adjustmentRecord
	change int64
}

func (s *Simulator) listAdjustments(c *call) answer {
	return serveList(s, c, "adjustments", "", func(string) []listed[adjustmentRecord] {
		out := make([]listed[adjustmentRecord], len(c.account.ledger))
		for i, entry := range c.account.ledger {
			out[i] = listed[adjustmentRecord]{entry.change, entry.OccurredAt, func() adjustmentRecord { return entry.adjustmentRecord }}
		}
		return out
	})
}

// adjust books a movement of the total and announces it. The caller has moved the buckets.
func (s *Simulator) adjust(a *account, record adjustmentRecord) adjustmentRecord {
	record.AdjustmentID, record.OccurredAt = s.id("adj"), s.now()
	a.ledger = append(a.ledger, &adjustment{record, a.changed()})
	s.emit(a, "inventory.adjusted", subject{"adjustment", record.AdjustmentID}, record.OrderNumber, 1, record)
	return record
}
