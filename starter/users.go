package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"selvedge/internal/console"
	"selvedge/internal/ports"
	"selvedge/internal/store"
)

type usersCmd struct {
	List   usersListCmd   `cmd:"" help:"List who may log in."`
	Add    usersAddCmd    `cmd:"" help:"Let somebody log in."`
	Passwd usersPasswdCmd `cmd:"" help:"Give somebody another password; the user's sessions end."`
	Role   usersRoleCmd   `cmd:"" help:"Give somebody another role; the user's sessions end."`
	Remove usersRemoveCmd `cmd:"" help:"Let somebody log in no more. What the user did stays in the audit."`
}

// passwordHelp says where passwords come from: never from a flag, which other users of
// the machine could read.
const passwordHelp = "The password is asked for on a terminal, else read from the first line of standard input; at least 12 characters."

type usersListCmd struct {
	JSON bool `name:"json" help:"Print JSON."`
}

// userShown is a user in --json.
type userShown struct {
	Name      string    `json:"name"`
	Role      string    `json:"role"`
	CreatedAt time.Time `json:"createdAt"`
	CreatedBy string    `json:"createdBy"`
	ChangedAt time.Time `json:"changedAt"`
}

// Run lists names and roles.
func (l usersListCmd) Run(ctx context.Context, s streams) error {
	db, _, err := openStore(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	users, err := db.Users(ctx)
	if err != nil {
		return err
	}
	shown := make([]userShown, len(users))
	for i, u := range users {
		shown[i] = userShown{u.Name, u.Role, u.CreatedAt, u.CreatedBy, u.ChangedAt}
	}
	if l.JSON {
		return printJSON(s.out, shown)
	}
	if len(shown) == 0 {
		fmt.Fprintln(s.out, "Nobody may log in yet; `starter users add NAME --role admin` makes the first login.")
		return nil
	}
	t := newTable(s.out, "name", "role", "added", "by", "changed")
	for _, u := range shown {
		t.AppendRow([]any{u.Name, u.Role, when(u.CreatedAt), u.CreatedBy, when(u.ChangedAt)})
	}
	t.Render()
	return nil
}

type usersAddCmd struct {
	Name string `arg:"" help:"A short name of small letters and digits; it stands beside what the user does, so no e-mail address."`
	Role string `help:"viewer looks, operator answers and changes rules, admin also keeps users and sees the audit." enum:"viewer,operator,admin" default:"operator"`
}

// Help says where the password comes from.
func (usersAddCmd) Help() string { return passwordHelp }

// Run adds the user.
func (a usersAddCmd) Run(ctx context.Context, s streams) error {
	if err := console.CheckName(a.Name); err != nil {
		return misuse("%w", err)
	}
	hash, err := askPassword(s, a.Name)
	if err != nil {
		return err
	}
	return changeUser(ctx, s, "add-user", a.Name, a.Name+" may log in as "+a.Role+".", func(db *store.Store, by string) error {
		return db.AddUser(ctx, ports.User{Name: a.Name, Role: a.Role, Password: hash, CreatedBy: by}, time.Now())
	})
}

type usersPasswdCmd struct {
	Name string `arg:"" help:"Whose password."`
}

// Help says where the password comes from.
func (usersPasswdCmd) Help() string { return passwordHelp }

// Run replaces the password.
func (p usersPasswdCmd) Run(ctx context.Context, s streams) error {
	hash, err := askPassword(s, p.Name)
	if err != nil {
		return err
	}
	return changeUser(ctx, s, "reset-password", p.Name, "The password of "+p.Name+" was changed.", func(db *store.Store, _ string) error {
		return db.SetPassword(ctx, p.Name, hash, "", time.Now())
	})
}

type usersRoleCmd struct {
	Name string `arg:"" help:"Whose role."`
	Role string `arg:"" help:"viewer, operator or admin." enum:"viewer,operator,admin"`
}

// Run sets the role.
func (r usersRoleCmd) Run(ctx context.Context, s streams) error {
	return changeUser(ctx, s, "set-role", r.Name, r.Name+" is "+r.Role+" now.", func(db *store.Store, _ string) error {
		return db.SetRole(ctx, r.Name, r.Role, time.Now())
	})
}

type usersRemoveCmd struct {
	Name string `arg:"" help:"Who is to log in no more."`
}

// Run removes the user.
func (r usersRemoveCmd) Run(ctx context.Context, s streams) error {
	return changeUser(ctx, s, "remove-user", r.Name, r.Name+" was removed.", func(db *store.Store, _ string) error {
		return db.RemoveUser(ctx, r.Name)
	})
}

// changeUser changes a user and writes to the audit who did it from this machine.
func changeUser(ctx context.Context, s streams, act, name, done string, change func(*store.Store, string) error) error {
	by := "cli:" + or(loggedIn(), "unknown")
	db, _, err := openStore(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	recorded, _, err := db.BeginAct(ctx, ports.Act{At: time.Now(), Actor: by, Act: act, Target: name})
	if err != nil {
		return err
	}
	err = change(db, by)
	outcome, message := ports.ActDone, done
	if err != nil {
		outcome, message = ports.ActRefused, err.Error()
	}
	if ended := db.EndAct(ctx, recorded.ID, outcome, message, time.Now()); ended != nil {
		return errors.Join(err, ended)
	}
	if err == nil {
		fmt.Fprintln(s.out, done)
	}
	return err
}

// askPassword reads a new password and gives its hash.
func askPassword(s streams, name string) (string, error) {
	password, err := readPassword(s)
	if err != nil {
		return "", err
	}
	hash, err := console.HashPassword(name, password)
	if err != nil {
		return "", fmt.Errorf("%w; nothing was changed", err)
	}
	return hash, nil
}

func readPassword(s streams) (string, error) {
	in := int(os.Stdin.Fd())
	if !term.IsTerminal(in) {
		line, err := bufio.NewReader(os.Stdin).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return "", fmt.Errorf("read the password from standard input: %w", err)
		}
		return strings.TrimRight(line, "\r\n"), nil
	}
	ask := func(what string) (string, error) {
		fmt.Fprint(s.err, what)
		typed, err := term.ReadPassword(in)
		fmt.Fprintln(s.err)
		if err != nil {
			return "", fmt.Errorf("read the password: %w", err)
		}
		return string(typed), nil
	}
	first, err := ask("New password: ")
	if err != nil {
		return "", err
	}
	second, err := ask("Again: ")
	if err != nil {
		return "", err
	}
	if first != second {
		return "", errors.New("the two passwords differ; nothing was changed")
	}
	return first, nil
}
