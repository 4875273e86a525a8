package console

import (
	"context"
	"strconv"
	"strings"

	"selvedge/internal/ports"
)

type usersPage struct {
	Users []ports.User
	Roles []Role
	Name  string // as typed, when it was refused
	Role  string
}

func (v *visit) users() error {
	users, err := v.c.o.Accounts.Users(v.ctx())
	if err != nil {
		return err
	}
	p := usersPage{Users: users, Roles: Roles(), Role: string(Operator)}
	if v.outcome.Kind == ports.ActRefused && v.field("do") == "add" {
		p.Name, p.Role = v.field("name"), v.field("role")
	}
	return v.show("users", "Users", p)
}

// changeUsers does what one of the page's forms asks.
func (v *visit) changeUsers() error {
	name := strings.ToLower(v.field("name"))
	switch v.field("do") {
	case "add":
		v.act(ports.Act{Act: "add-user", Target: name, Detail: map[string]string{"role": v.field("role")}}, func(ctx context.Context) (string, error) {
			return v.addUser(ctx, name)
		})
	case "role":
		v.act(ports.Act{Act: "set-role", Target: name, Detail: map[string]string{"role": v.field("role")}}, func(ctx context.Context) (string, error) {
			role, err := ParseRole(v.field("role"))
			if err != nil {
				return "", refuse("%s", sentence(err.Error()))
			}
			return name + " is " + string(role) + " now, and has to log in again.", v.c.o.Accounts.SetRole(ctx, name, string(role), v.now())
		})
	case "password":
		v.act(ports.Act{Act: "reset-password", Target: name}, func(ctx context.Context) (string, error) {
			return v.newPassword(ctx, name, v.r.PostFormValue("password"), "")
		})
	case "remove":
		v.act(ports.Act{Act: "remove-user", Target: name}, func(ctx context.Context) (string, error) {
			return name + " was removed. What " + name + " did stays in the audit.", v.c.o.Accounts.RemoveUser(ctx, name)
		})
	default:
		v.outcome = outcome{ports.ActRefused, "This form asks for nothing that is known. Load the page again."}
	}
	return v.users()
}

func (v *visit) addUser(ctx context.Context, name string) (string, error) {
	role, err := ParseRole(v.field("role"))
	if err != nil {
		return "", refuse("%s", sentence(err.Error()))
	}
	if err := CheckName(name); err != nil {
		return "", refuse("%s", sentence(err.Error()))
	}
	if err := checkPassword(name, v.r.PostFormValue("password")); err != nil {
		return "", refuse("%s", sentence(err.Error()))
	}
	hash, err := v.c.newHash(ctx, v.r.PostFormValue("password"))
	if err != nil {
		return "", err
	}
	return name + " may log in as " + string(role) + ".",
		v.c.o.Accounts.AddUser(ctx, ports.User{Name: name, Role: string(role), Password: hash, CreatedBy: v.who.Name}, v.now())
}

func (v *visit) newPassword(ctx context.Context, name, password, keep string) (string, error) {
	if err := checkPassword(name, password); err != nil {
		return "", refuse("%s", sentence(err.Error()))
	}
	hash, err := v.c.newHash(ctx, password)
	if err != nil {
		return "", err
	}
	return "The password of " + name + " was changed; all other sessions of " + name + " have ended.",
		v.c.o.Accounts.SetPassword(ctx, name, hash, keep, v.now())
}

func (v *visit) account() error { return v.show("account", "Your account", nil) }

// changeOwnPassword asks for the present password: who finds a screen unlocked cannot
// take the account over.
func (v *visit) changeOwnPassword() error {
	v.act(ports.Act{Act: "change-password", Target: v.who.Name}, func(ctx context.Context) (string, error) {
		address := hostOf(v.r.RemoteAddr)
		if v.c.login.begin(v.who.Name, address) > 0 {
			return "", refuse("Too many wrong passwords. Wait a quarter of an hour, then try again.")
		}
		user, err := v.c.o.Accounts.User(ctx, v.who.Name)
		ok := false
		if err == nil {
			err = v.c.hash(ctx, func() { ok, _ = matches(user.Password, v.r.PostFormValue("present"), v.c.o.HashCost) })
		}
		switch {
		case err != nil:
			v.c.login.undone(v.who.Name, address)
			return "", err
		case !ok:
			return "", refuse("Your present password is another one. Nothing was changed.")
		}
		v.c.login.undone(v.who.Name, address)
		return v.newPassword(ctx, v.who.Name, v.r.PostFormValue("password"), v.token)
	})
	return v.account()
}

// actsPerPage is how many acts one page of the audit lists.
const actsPerPage = 100

type auditPage struct {
	Acts          []ports.Act
	Target, Actor string
	Next          int64 // where the next page begins; 0 on the last one
}

func (v *visit) audit() error {
	q := v.r.URL.Query()
	p := auditPage{Target: strings.TrimSpace(q.Get("target")), Actor: strings.TrimSpace(q.Get("actor"))}
	before, _ := strconv.ParseInt(q.Get("before"), 10, 64) // nothing readable means the newest
	acts, err := v.c.o.Audit.Acts(v.ctx(), p.Target, p.Actor, max(0, before), actsPerPage+1)
	if err != nil {
		return err
	}
	if p.Acts = acts; len(acts) > actsPerPage {
		p.Acts, p.Next = acts[:actsPerPage], acts[actsPerPage-1].ID
	}
	return v.show("audit", "Audit", p)
}
