package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"selvedge/internal/fault"
	"selvedge/internal/ports"
)

const userColumns = `name, role, password, created_at, created_by, changed_at`

// AddUser adds a user of the console. A name that is taken is fault.Conflict.
func (s *Store) AddUser(ctx context.Context, u ports.User, at time.Time) error {
	_, err := s.pool.Exec(ctx, `
		INSERT INTO users (name, role, password, created_at, created_by, changed_at)
		VALUES (@name, @role, @password, @at, @by, @at)`,
		pgx.NamedArgs{"name": u.Name, "role": u.Role, "password": u.Password, "at": at, "by": u.CreatedBy})
	return toFault("add user", err)
}

// Users lists all users by name.
func (s *Store) Users(ctx context.Context) ([]ports.User, error) {
	rows, err := s.pool.Query(ctx, `SELECT `+userColumns+` FROM users ORDER BY name`)
	if err != nil {
		return nil, toFault("list users", err)
	}
	users, err := pgx.CollectRows(rows, pgx.RowToStructByName[ports.User])
	return users, toFault("list users", err)
}

// User reads one user. Unknown is fault.NotFound.
func (s *Store) User(ctx context.Context, name string) (ports.User, error) {
	rows, err := s.pool.Query(ctx, `SELECT `+userColumns+` FROM users WHERE name = @name`, pgx.NamedArgs{"name": name})
	if err != nil {
		return ports.User{}, toFault("read user", err)
	}
	u, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[ports.User])
	return u, userFault("read user", name, err)
}

// SetPassword replaces a user's password hash and ends all sessions of the user but
// the one whose token is given. A second run is harmless.
func (s *Store) SetPassword(ctx context.Context, name, hash, keep string, at time.Time) error {
	const op = "set password"
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `UPDATE users SET password = @hash, changed_at = @at WHERE name = @name`,
			pgx.NamedArgs{"name": name, "hash": hash, "at": at})
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return pgx.ErrNoRows
		}
		_, err = tx.Exec(ctx, `DELETE FROM sessions WHERE name = @name AND token <> @keep`, pgx.NamedArgs{"name": name, "keep": hashOf(keep)})
		return err
	})
	return userFault(op, name, err)
}

// RenewHash replaces a password hash by one of the same password at another cost; it
// changes nothing when the password was changed meanwhile.
func (s *Store) RenewHash(ctx context.Context, name, old, renewed string) error {
	_, err := s.pool.Exec(ctx, `UPDATE users SET password = @renewed WHERE name = @name AND password = @old`,
		pgx.NamedArgs{"name": name, "old": old, "renewed": renewed})
	return toFault("renew password hash", err)
}

// SetRole gives a user another role and ends the user's sessions. The last admin keeps
// the role: that is fault.Conflict.
func (s *Store) SetRole(ctx context.Context, name, role string, at time.Time) error {
	return s.changeUser(ctx, "set role", name, `UPDATE users SET role = @role, changed_at = @at WHERE name = @name`,
		pgx.NamedArgs{"name": name, "role": role, "at": at})
}

// RemoveUser removes a user and ends the user's sessions; what the user did stays in
// the audit. The last admin cannot be removed: that is fault.Conflict.
func (s *Store) RemoveUser(ctx context.Context, name string) error {
	return s.changeUser(ctx, "remove user", name, `DELETE FROM users WHERE name = @name`, pgx.NamedArgs{"name": name})
}

// changeUser changes one user and refuses what would leave no admin.
func (s *Store) changeUser(ctx context.Context, op, name, sql string, args pgx.NamedArgs) error {
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		// One at a time, else two could each leave the other as the last admin.
		var admins []string
		rows, err := tx.Query(ctx, `SELECT name FROM users WHERE role = 'admin' ORDER BY name FOR UPDATE`)
		if err != nil {
			return err
		}
		if admins, err = pgx.CollectRows(rows, pgx.RowTo[string]); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, sql, args)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return pgx.ErrNoRows
		}
		if len(admins) == 1 && admins[0] == name && args["role"] != "admin" {
			return &fault.Fault{Kind: fault.Conflict, System: system, Op: op, Code: "last_admin", Message: name + " is the last admin: make somebody else an admin first"}
		}
		_, err = tx.Exec(ctx, `DELETE FROM sessions WHERE name = @name`, pgx.NamedArgs{"name": name})
		return err
	})
	return userFault(op, name, err)
}

// userFault is toFault for statements about one user.
func userFault(op, name string, err error) error {
	f := toFault(op, err)
	if fault.Is(f, fault.NotFound) {
		return &fault.Fault{Kind: fault.NotFound, System: system, Op: op, Code: "user", Message: "there is no user " + name}
	}
	return f
}
