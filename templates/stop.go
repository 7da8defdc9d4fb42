package templates

// GuardianStop is the page behind a replaced link, on which its holder can stop the request. Form field: stop = yes,
// which nothing preselects.
type GuardianStop struct {
	Frame
	Action string
	Proof  string
}

func (GuardianStop) template() string { return "guardian/stop" }

// Title implements Page.
func (p GuardianStop) Title() (string, error) { return p.T("guardian.stop.title") }

// Choice is the page's one choice.
func (p GuardianStop) Choice() (Choices, error) {
	return p.onto("stop").Choose("stop", "guardian.stop.choice", "", "yes")
}

// FaultLines lists the faults for the summary.
func (p GuardianStop) FaultLines() ([]FaultLine, error) { return p.onto("stop").FaultLines() }

// GuardianStopCheck shows the choice again. Form field: confirm = yes or back.
type GuardianStopCheck struct {
	Frame
	Action string
	Proof  string
	Hidden []Hidden
}

func (GuardianStopCheck) template() string { return "guardian/stop-check" }

// Title implements Page.
func (p GuardianStopCheck) Title() (string, error) { return p.T("guardian.stop.check.title") }

// Confirming is the choice of the page.
func (p GuardianStopCheck) Confirming() (Choices, error) {
	return p.onto("confirm").Choose("confirm", "guardian.stop.confirm", "", "yes", "back")
}

// FaultLines lists the faults for the summary.
func (p GuardianStopCheck) FaultLines() ([]FaultLine, error) { return p.onto("confirm").FaultLines() }

// GuardianStopped says that nothing is asked any more: by this link, or before it.
type GuardianStopped struct {
	Frame
	Case string
}

func (GuardianStopped) template() string { return "guardian/stopped" }

// Title implements Page.
func (p GuardianStopped) Title() (string, error) { return p.T("guardian.stop.done.title") }
