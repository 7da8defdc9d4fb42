package main

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/bohoja/bohoja/consent/staff"
)

func staffCommand(w *world) *cobra.Command {
	return group("staff", "Look after the people of the staff pages: invite, list, role, disable, changes",
		staffInvite(w), staffList(w), staffRole(w), staffDisable(w), staffChanges(w))
}

// atTeam opens the staff for the time of f. by is who acts.
func (w *world) atTeam(cmd *cobra.Command, f func(ctx context.Context, d *desk, team *staff.Service, by string) error) error {
	return w.atHouse(cmd.Context(), false, connect, func(d *desk) error {
		d.house.openTeam(d.space)
		return f(cmd.Context(), d, d.space.team, "cli:"+staffActor().Ref)
	})
}

func roleNames() string {
	var out []string
	for _, r := range staff.Roles {
		out = append(out, string(r))
	}
	return strings.Join(out, ", ")
}

// invitation is what `staff invite --json` prints.
type invitation struct {
	ID    string    `json:"id"`
	Name  string    `json:"name"`
	Role  string    `json:"role"`
	URL   string    `json:"url"`
	Until time.Time `json:"until"`
}

func staffInvite(w *world) *cobra.Command {
	var role string
	cmd := &cobra.Command{
		Use:   "invite NAME",
		Short: "Print a link by which somebody sets a password and a second factor, once, within a day",
		Long: "Makes a person, or lets one who is there join anew: then the old password, factor and sessions end at once.\n" +
			"Hand the link over in person or by a channel that only they can read.",
		Args: cobra.ExactArgs(1),
		RunE: act(func(cmd *cobra.Command, args []string) error {
			return w.atTeam(cmd, func(ctx context.Context, d *desk, team *staff.Service, by string) error {
				p, token, err := team.Invite(ctx, by, args[0], staff.Role(role))
				if err != nil {
					return err
				}
				link, err := url.JoinPath(d.house.opsURL(), "ops", "join", p.ID, token)
				if err != nil {
					return err
				}
				if w.asJSON {
					return w.print(invitation{p.ID, p.Name, string(p.Role), link, p.InviteUntil})
				}
				w.say("%s is invited as %s. This link works once, until %s:", p.Name, p.Role, moment(p.InviteUntil))
				w.say("%s", link)
				return nil
			})
		}),
	}
	cmd.Flags().StringVar(&role, "role", "", "what they are here for: "+roleNames()+" (needed the first time)")
	return cmd
}

// personRow is a person as commands show them.
type personRow struct {
	ID      string    `json:"id"`
	Name    string    `json:"name"`
	Role    string    `json:"role"`
	State   string    `json:"state"`
	Created time.Time `json:"created_at"`
}

func personRowOf(p staff.Person) personRow {
	return personRow{p.ID, p.Name, string(p.Role), string(p.State), p.Created}
}

func staffList(w *world) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List everybody, with role and state", Args: cobra.NoArgs,
		RunE: act(func(cmd *cobra.Command, _ []string) error {
			return w.atTeam(cmd, func(ctx context.Context, d *desk, _ *staff.Service, _ string) error {
				all, err := d.space.store.People().People(ctx)
				if err != nil {
					return err
				}
				rows, cells := make([]personRow, len(all)), make([][]string, len(all))
				for i, p := range all {
					rows[i] = personRowOf(p)
					cells[i] = []string{p.Name, string(p.Role), string(p.State), moment(p.Created), p.ID}
				}
				if w.asJSON {
					return w.print(struct {
						Data []personRow `json:"data"`
					}{rows})
				}
				return w.table([]string{"NAME", "ROLE", "STATE", "MADE", "ID"}, cells)
			})
		}),
	}
}

func staffRole(w *world) *cobra.Command {
	return &cobra.Command{
		Use: "role NAME ROLE", Short: "Give somebody another role and sign them out everywhere", Args: cobra.ExactArgs(2),
		RunE: act(func(cmd *cobra.Command, args []string) error {
			return w.atTeam(cmd, func(ctx context.Context, _ *desk, team *staff.Service, by string) error {
				p, err := team.SetRole(ctx, by, args[0], staff.Role(args[1]))
				return w.showPerson(p, err)
			})
		}),
	}
}

func staffDisable(w *world) *cobra.Command {
	return &cobra.Command{
		Use: "disable NAME", Short: "Shut somebody out, at once and on every device", Args: cobra.ExactArgs(1),
		RunE: act(func(cmd *cobra.Command, args []string) error {
			return w.atTeam(cmd, func(ctx context.Context, _ *desk, team *staff.Service, by string) error {
				p, err := team.Disable(ctx, by, args[0])
				return w.showPerson(p, err)
			})
		}),
	}
}

func (w *world) showPerson(p staff.Person, err error) error {
	if errors.Is(err, staff.ErrNobody) {
		return errors.New("nobody has this name; `bohoja staff list` shows everybody")
	}
	if err != nil {
		return err
	}
	if w.asJSON {
		return w.print(personRowOf(p))
	}
	w.say("%s is %s, role %s", p.Name, p.State, p.Role)
	return nil
}

// changeRow is a change of permission as `staff changes` shows it.
type changeRow struct {
	At    time.Time `json:"at"`
	Name  string    `json:"name"`
	What  string    `json:"what"`
	Role  string    `json:"role"`
	State string    `json:"state"`
	By    string    `json:"by"`
}

func staffChanges(w *world) *cobra.Command {
	var limit int
	cmd := &cobra.Command{
		Use: "changes", Short: "List changes of permission, the newest first; they are kept for three years", Args: cobra.NoArgs,
		RunE: act(func(cmd *cobra.Command, _ []string) error {
			if limit < 1 || limit > 100_000 {
				return usage(errors.New("--limit: write 1 to 100000"))
			}
			return w.atTeam(cmd, func(ctx context.Context, d *desk, _ *staff.Service, _ string) error {
				all, err := d.space.store.People().Changes(ctx, limit)
				if err != nil {
					return err
				}
				rows, cells := make([]changeRow, len(all)), make([][]string, len(all))
				for i, c := range all {
					rows[i] = changeRow{c.At, c.Name, c.What, string(c.Role), string(c.State), c.By}
					cells[i] = []string{moment(c.At), c.Name, c.What, string(c.Role), string(c.State), c.By}
				}
				if w.asJSON {
					return w.print(struct {
						Data []changeRow `json:"data"`
					}{rows})
				}
				return w.table([]string{"AT", "NAME", "WHAT", "ROLE", "STATE", "BY"}, cells)
			})
		}),
	}
	cmd.Flags().IntVar(&limit, "limit", 100, "how many at most")
	return cmd
}
