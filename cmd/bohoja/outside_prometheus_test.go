//go:build outside

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/bohoja/bohoja/consent/consenttest"
)

// prometheusForm scrapes the ops listener of one service. Prometheus' own minute would only make the story longer.
const prometheusForm = `global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}
rule_files: [alerts.yml]
scrape_configs:
  - job_name: bohoja
    static_configs: [{targets: [%q]}]
`

// shippedRules are the alert rules, from the folder of a test.
var shippedRules = filepath.Join("deploy", "alerts.yml")

// wordPrometheus starts a Prometheus that scrapes the first service and minds the shipped rules, hastened.
func (o *outside) wordPrometheus(ts *testscript.TestScript, _ bool, _ []string) {
	dir := o.t.TempDir()
	o.prometheus = "127.0.0.1:" + consenttest.FreePort(o.t)
	put(ts, filepath.Join(dir, "alerts.yml"), hastened(ts))
	put(ts, filepath.Join(dir, "prometheus.yml"), fmt.Sprintf(prometheusForm, o.processes[""].ops))
	p := launch(o.t, "prometheus", "--config.file="+filepath.Join(dir, "prometheus.yml"),
		"--storage.tsdb.path="+filepath.Join(dir, "data"), "--web.listen-address="+o.prometheus)
	wait(ts, func() bool { return p.ended() || listens(o.prometheus) }, "prometheus")
	if p.ended() {
		ts.Fatalf("prometheus ended:\n%s", p.said.String())
	}
	o.began = time.Now()
}

// hastened is the shipped rules, with hours as a minute and no waiting before they fire; nothing else is changed.
func hastened(ts *testscript.TestScript) string {
	rules, err := os.ReadFile(shippedRules)
	ts.Check(err)
	fast := regexp.MustCompile(`for: \d+[mh]`).ReplaceAllString(string(rules), "for: 0s")
	return regexp.MustCompile(`\[\d+[mh]\]`).ReplaceAllString(fast, "[1m]")
}

// wordFires waits until an alert of the shipped rules fires;  ! fires  until it does not.
func (o *outside) wordFires(ts *testscript.TestScript, neg bool, args []string) {
	alert := fmt.Sprintf(`ALERTS{alertname=%q,alertstate="firing"}`, one(ts, args))
	if neg {
		alert = "absent(" + alert + ")"
	}
	o.wordQuery(ts, false, []string{"1", alert})
}

// wordOverdue lets the deadline of the request lie two minutes back, past the grace, as if nobody had swept for so long.
func (o *outside) wordOverdue(ts *testscript.TestScript, _ bool, _ []string) {
	due := fmt.Sprint(time.Now().Add(-2 * time.Minute).UnixMilli())
	if got := o.redis.Command("ZADD", "b:{shop}:in:pending", "XX", "CH", due, ts.Getenv("ID")); got != ":1" {
		ts.Fatalf("the request is not pending: %s", got)
	}
}

// wordQuery waits until Prometheus has one series for the expression, with this value.
func (o *outside) wordQuery(ts *testscript.TestScript, _ bool, args []string) {
	value, expr := args[0], args[1]
	got := "nothing yet"
	asked := time.Now()
	wait(ts, func() bool { got = o.query(ts, expr); return got == value }, "%s to be %s in Prometheus", expr, value)
	o.fact("%s = %s after %s", expr, value, time.Since(asked).Round(100*time.Millisecond))
}

// query returns the value of the only series of an expression, or what there is instead.
func (o *outside) query(ts *testscript.TestScript, expr string) string {
	res, err := http.Get("http://" + o.prometheus + "/api/v1/query?query=" + url.QueryEscape(expr))
	if err != nil {
		return err.Error()
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	ts.Check(err)
	var answer struct {
		Data struct {
			Result []struct{ Value [2]any }
		}
	}
	if json.Unmarshal(body, &answer) != nil || len(answer.Data.Result) != 1 {
		return string(body)
	}
	return fmt.Sprint(answer.Data.Result[0].Value[1])
}
