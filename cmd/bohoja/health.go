package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// healthPatience is below the usual time-out of a container's health check (Docker: 30 s; Kubernetes: often 5 s).
const healthPatience = 4 * time.Second

func healthcheckCommand(w *world) *cobra.Command {
	return &cobra.Command{
		Use:   "healthcheck",
		Short: "Ask a serve on this host whether it is ready; for containers",
		Long:  "Asks /readyz of the serve that listens on this host. Exit code 0 when it is ready, else 1.",
		Args:  cobra.NoArgs,
		RunE: act(func(cmd *cobra.Command, _ []string) error {
			url := w.load().Settings.OpsAddress() + "/readyz" // faults elsewhere are not this command's business
			status, text, err := get(cmd.Context(), url, healthPatience)
			if err != nil {
				return fmt.Errorf("no answer at ops_listen: %w", err)
			}
			if w.asJSON {
				if err := w.print(map[string]any{"ready": status == http.StatusOK, "status": status, "answer": text}); err != nil {
					return err
				}
			}
			if status != http.StatusOK {
				return fmt.Errorf("not ready (%d): %s", status, text)
			}
			if !w.asJSON {
				w.say("ready")
			}
			return nil
		}),
	}
}

// get asks a URL and returns the status and the beginning of the text. Redirects are answers, not ways to follow.
func get(ctx context.Context, url string, patience time.Duration) (status int, text string, err error) {
	ctx, stop := context.WithTimeout(ctx, patience)
	defer stop()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return 0, "", err
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(res.Body, 4<<10))
	return res.StatusCode, strings.TrimSpace(string(body)), err
}
