// <guardian-consent app="shop" lang="ko">: asks a child whom to ask, and gives the form around it one value, bohoja_token.
// Attributes: app; lang; token (a client token); mode="frame"; name (of the value); test. Events: ready, submitted, error.
(() => {
  'use strict';
  const script = document.currentScript && document.currentScript.src;
  if (!script || customElements.get('guardian-consent')) return;
  const base = script.replace(/\/embed\/v1\.js.*$/, '');
  const home = new URL(base).origin;

  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`
    :host { display: block; }
    :host([hidden]) { display: none; }
    .box { --accent: var(--guardian-consent-accent, #0b50d0); --on: var(--guardian-consent-on-accent, #fff);
      --ink: var(--guardian-consent-text, CanvasText); --ground: var(--guardian-consent-surface, Canvas);
      --edge: var(--guardian-consent-border, color-mix(in srgb, var(--ink) 60%, var(--ground)));
      --round: var(--guardian-consent-radius, 12px);
      font: 400 1.1875rem/1.6 var(--guardian-consent-font, system-ui, "Apple SD Gothic Neo", "Noto Sans KR", "Noto Sans CJK KR", "Malgun Gothic", sans-serif);
      color: var(--ink); background: var(--ground); border: 1px solid var(--edge); border-radius: var(--round); padding: 1.25rem;
      word-break: keep-all; overflow-wrap: anywhere; text-align: start; }
    .box.plain { --accent: #0b50d0; --on: #fff; --ink: CanvasText; --ground: Canvas; --edge: color-mix(in srgb, CanvasText 60%, Canvas); }
    * { box-sizing: border-box; }
    h2, h3, p, ul, fieldset { margin: 0; padding: 0; border: 0; min-width: 0; }
    h2 { font-size: 1.4rem; line-height: 1.35; } h2:focus { outline: 0; }
    h3 { font-size: 1.1875rem; margin-top: 1rem; }
    ul { padding-left: 1.25rem; } p { margin-top: .5rem; }
    .field { margin-top: 1.1rem; } label, legend { font-weight: 650; display: block; padding: 0; }
    .hint { margin: 0; }
    .error { margin: .2rem 0 0; font-weight: 650; border-left: 5px solid #bd2c0f; padding-left: .6rem; }
    input { display: block; width: 100%; min-height: 3.1rem; margin-top: .35rem; padding: .4rem .8rem; font: inherit; color: inherit;
      background: transparent; border: 2px solid var(--edge); border-radius: calc(var(--round) * .7); }
    input[aria-invalid] { border-color: #bd2c0f; }
    .date { display: grid; grid-template-columns: 1.5fr 1fr 1fr; gap: .7rem; max-width: 24rem; margin-top: .6rem; }
    button { min-height: 3.1rem; margin: 1.2rem .6rem 0 0; padding: .4rem 1.5rem; font: inherit; font-weight: 700; cursor: pointer;
      color: var(--on); background: var(--accent); border: 2px solid var(--accent); border-radius: calc(var(--round) * .8); }
    button.more { color: inherit; background: transparent; border-color: var(--edge); }
    button[disabled] { cursor: default; opacity: .6; }
    :is(button, input, a):focus-visible { outline: 3px solid var(--ink); outline-offset: 2px; }
    .address { font-size: 1.6rem; font-weight: 750; line-height: 1.35; }
    .note { border: 2px solid var(--edge); border-radius: calc(var(--round) * .7); padding: .6rem .9rem; }
    iframe { display: block; width: 100%; height: 22rem; border: 0; color-scheme: normal; }
    @media (forced-colors: active) { .box, input, button { border-color: CanvasText; } }`);

  const add = (node, ...kids) => (node.append(...kids.filter(k => k != null)), node);
  const el = (tag, set, ...kids) => {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(set || {})) if (value != null) node.setAttribute(name, value);
    return add(node, ...kids);
  };
  // WCAG 2.2, 1.4.3: of two colours as a browser computes them, "rgb(1, 2, 3)" or "color(srgb .1 .2 .3)".
  const light = colour => {
    const one = colour.startsWith('color') ? 1 : 255;
    const [r, g, b] = (colour.replace(/^\w+\((srgb)?/, '').match(/[\d.e-]+/g) || []).map(n => n / one)
      .map(n => n <= .04045 ? n / 12.92 : ((n + .055) / 1.055) ** 2.4);
    return .2126 * r + .7152 * g + .0722 * b;
  };
  const contrast = (a, b) => (Math.max(light(a), light(b)) + .05) / (Math.min(light(a), light(b)) + .05);
  const faults = {
    required: 'field_missing', guardian_name_generic: 'guardian_name_generic', guardian_is_child: 'guardian_is_child',
    '/birth_date': 'born_invalid', '/child/name': 'name_form', '/guardian/name': 'name_form', '/guardian/email': 'email_wrong',
  };
  const inputs = { '/birth_date': 'year', '/child/name': 'child_name', '/guardian/name': 'guardian_name', '/guardian/email': 'guardian_email' };
  let count = 0;

  class GuardianConsent extends HTMLElement {
    static formAssociated = true;
    static observedAttributes = ['app', 'lang', 'mode', 'token'];
    #in = this.attachInternals();
    #root = this.attachShadow({ mode: 'closed', delegatesFocus: true });
    #id = 'g' + ++count;
    #words = {};
    #typed = {};
    #token = null; // sealed answers, with #until
    #until = 0;
    #adult = false;
    #run = 0; // which beginning an answer belongs to
    #frame = null;
    #hear = e => this.#message(e);

    constructor() {
      super();
      this.#root.adoptedStyleSheets = [sheet];
    }
    get form() { return this.#in.form; }
    get name() { return this.getAttribute('name') || 'bohoja_token'; }
    get type() { return this.localName; }
    get value() { return this.#token || ''; }
    get validity() { return this.#in.validity; }
    get validationMessage() { return this.#in.validationMessage; }
    get willValidate() { return this.#in.willValidate; }
    checkValidity() { return this.#in.checkValidity(); }
    reportValidity() { return this.#in.reportValidity(); }

    connectedCallback() {
      addEventListener('message', this.#hear);
      this.#begin();
    }
    disconnectedCallback() {
      removeEventListener('message', this.#hear);
      this.#run++;
    }
    attributeChangedCallback(name, old, now) { if (old !== now && this.isConnected && old !== null) this.#begin(); }
    formResetCallback() { this.#typed = {}; this.#give(null); this.#begin(); }
    formDisabledCallback(off) { for (const f of this.#root.querySelectorAll('.all')) f.disabled = off; }
    formStateRestoreCallback(state) {
      let kept = {};
      try { kept = JSON.parse(state); } catch { /* another version's */ }
      if (kept.token && kept.until > Date.now()) { this.#give(kept.token, kept.until); this.#run++; this.#begin(); }
    }

    // The host's form gets the sealed answers and nothing else; the state is for the browser's own "back".
    #give(token, until) {
      this.#token = token;
      this.#until = until || 0;
      if (!token) return this.#in.setFormValue(null);
      const data = new FormData();
      data.append(this.name, token);
      this.#in.setFormValue(data, JSON.stringify({ token, until }));
    }
    #tell(name, detail) { this.dispatchEvent(new CustomEvent(name, { bubbles: true, detail })); }
    #valid(anchor) {
      const missing = !this.#token && !this.#adult;
      this.#in.setValidity(missing ? { valueMissing: true } : {}, missing ? this.#w('embed.missing') || '…' : '', anchor || undefined);
    }
    #w(key) { return this.#words['child.' + key] || ''; }
    // The first answer stays for the session: it comes back sealed, and is judged by the server each time.
    get #kept() { try { return JSON.parse(sessionStorage.getItem('bohoja:' + this.getAttribute('app'))); } catch { return null; } }
    #keep(answer) {
      try { answer ? sessionStorage.setItem('bohoja:' + this.getAttribute('app'), JSON.stringify(answer)) : sessionStorage.removeItem('bohoja:' + this.getAttribute('app')); }
      catch { this.#typed.kept = answer; } // a page that may keep nothing
    }

    async #begin() {
      const run = ++this.#run;
      this.#valid();
      if (this.getAttribute('mode') === 'frame') return this.#enframe();
      this.#frame = null;
      try {
        const got = await this.#call('words?lang=' + encodeURIComponent(this.lang || document.documentElement.lang));
        if (run !== this.#run) return;
        this.#words = got.words;
        this.#words.notice = got.notice;
        this.#words.lang = got.lang;
      } catch (problem) {
        if (run === this.#run) this.#off(problem);
        return;
      }
      this.#step(this.#token ? 'ready' : '');
      this.#tell('ready');
    }

    async #call(path, body) {
      const options = { credentials: 'omit', referrerPolicy: 'no-referrer' };
      if (body) {
        Object.assign(body, { client: this.getAttribute('token') || undefined, test: this.hasAttribute('test') || undefined });
        Object.assign(options, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
      }
      const answer = await fetch(base + '/embed/' + encodeURIComponent(this.getAttribute('app') || '') + '/' + path, options);
      const got = await answer.json().catch(() => ({}));
      if (!answer.ok) throw Object.assign(new Error(got.code || 'unavailable'), got);
      return got;
    }

    // Without the service the link that the host put inside leads on.
    #off(problem) {
      const box = el('div', { class: 'box', part: 'box' }, el('p', { part: 'error', role: 'alert' }, this.#w('embed.off')), el('slot'));
      this.#root.replaceChildren(box);
      this.#tell('error', { code: problem.code || 'unavailable' });
    }

    #step(name, wrong) {
      const kept = this.#kept || this.#typed.kept;
      this.#adult = !!kept && kept.under_age === false;
      name = name || (!kept ? 'age' : this.#adult ? 'none' : 'ask');
      const moved = this.#root.firstChild;
      const form = el('form', { novalidate: '' }, add(el('fieldset', { class: 'all', part: 'fields' }), ...this['_' + name](wrong)));
      form.addEventListener('submit', e => { e.preventDefault(); this.#press(name, e.submitter); });
      const box = el('section', { class: 'box', part: 'box', lang: this.#words.lang, 'aria-labelledby': this.#id }, form);
      this.#root.replaceChildren(box);
      if (this.matches(':disabled')) this.formDisabledCallback(true);
      this.#readable(box);
      this.#valid(this.#root.querySelector('input, button'));
      const first = this.#root.querySelector('[aria-invalid]') || (moved && this.#root.querySelector('h2'));
      if (first && moved && moved.localName === 'section') first.focus();
    }

    // Colours of the host's choice hold only while they can be read (4.5 : 1).
    #readable(box) {
      const button = this.#root.querySelector('button');
      const of = node => getComputedStyle(node);
      const low = contrast(of(box).color, of(box).backgroundColor) < 4.5 || button && contrast(of(button).color, of(button).backgroundColor) < 4.5;
      if (!low) return;
      box.classList.add('plain');
      console.warn('guardian-consent: the custom colours have a contrast below 4.5 : 1, so the built-in ones are used');
    }

    #heading(key) { return el('h2', { id: this.#id, tabindex: '-1', part: 'heading' }, this.#w(key)); }
    #say(key) { return el('p', { part: 'text' }, this.#w(key)); }
    #button(key, act) { return el('button', { type: 'submit', value: act, class: act === 'next' ? null : 'more', part: act === 'next' ? 'button' : 'button button-more' }, this.#w(key)); }
    #field(name, label, hint, wrong, set) {
      const id = this.#id + name, fault = wrong && wrong[name];
      const described = [hint && id + 'h', fault && id + 'e'].filter(Boolean).join(' ') || null;
      const input = el('input', { id, name, type: 'text', part: 'input', autocomplete: 'off', autocapitalize: 'none', spellcheck: 'false', 'aria-describedby': described, 'aria-invalid': fault ? 'true' : null, ...set });
      input.value = this.#typed[name] || '';
      input.addEventListener('input', () => { this.#typed[name] = input.value; });
      return el('div', { class: 'field' }, el('label', { for: id, part: 'label' }, label), hint && el('p', { class: 'hint', id: id + 'h', part: 'hint' }, hint), this.#fault(fault, id + 'e'), input);
    }
    #fault(code, id) {
      if (!code) return null;
      return el('p', { class: 'error', id, part: 'error', role: 'alert' }, this.#words['shared.problem'] + ' ' + (this.#words['fault.' + code] || this.#words['fault.other']));
    }

    _none() { return [this.#heading('embed.thanks')]; }
    _age(wrong) {
      const digits = { inputmode: 'numeric' }, one = (name, complete) => this.#field(name, this.#w('start.age.' + name), null, null, { ...digits, autocomplete: complete, 'aria-invalid': wrong && wrong.year ? 'true' : null });
      return [this.#heading('start.age.heading'), this.#say('start.age.text'), this.#fault(wrong && (wrong.year || wrong.all), this.#id + 'ae'),
        el('div', { class: 'date', role: 'group', 'aria-labelledby': this.#id, 'aria-describedby': wrong ? this.#id + 'ae' : null }, one('year', 'bday-year'), one('month', 'bday-month'), one('day', 'bday-day')), this.#button('start.next', 'next')];
    }
    _ask(wrong) {
      const part = p => [el('h3', { part: 'question' }, p.question), el('ul', {}, ...p.answers.map(a => el('li', {}, a)))];
      const field = (name, set) => this.#field(name, this.#w(`start.ask.${name}.label`), this.#w(`start.ask.${name}.hint`), wrong, set);
      return [this.#heading('start.ask.heading'), this.#say('start.ask.text'), el('div', { part: 'notice' }, ...this.#words.notice.parts.flatMap(part)),
        el('h3', {}, this.#w('start.ask.about')), this.#fault(wrong && wrong.all, this.#id + 'ae'), field('child_name'), field('guardian_name'), field('guardian_email', { inputmode: 'email' }),
        this.#button('start.next', 'next'), this.#button('start.ask.unknown', 'unknown')];
    }
    _check() {
      const at = this.#typed.guardian_email.indexOf('@') + 1, hint = this.#typed.suggestion;
      return [this.#heading('start.check.heading'), el('p', { class: 'address', part: 'address' }, this.#typed.guardian_email.slice(0, at), el('wbr'), this.#typed.guardian_email.slice(at)), this.#say('start.check.text'),
        hint && el('p', { class: 'note', role: 'status', part: 'status' }, this.#w('start.check.suggest').replace('{domain}', hint)), this.#button('start.check.send', 'next'), this.#button('start.check.back', 'back')];
    }
    _unknown() { return [this.#heading('start.unknown.heading'), this.#say('start.unknown.text'), this.#say('start.unknown.kept'), this.#button('start.unknown.back', 'back')]; }
    _ready() {
      const to = this.#typed.guardian_email;
      return [this.#heading('embed.ready'), to && el('p', { class: 'address', part: 'address' }, to), this.#button('embed.change', 'back')];
    }

    async #press(name, button) {
      const act = button ? button.value : 'next';
      if (act === 'unknown') return this.#step('unknown');
      if (act === 'back') { this.#give(null); this.#typed.token = null; return this.#step(); }
      if (name === 'check') return this.#done(this.#typed.token, this.#typed.until);
      const all = this.#root.querySelector('.all'), run = this.#run;
      all.disabled = true;
      try {
        if (name === 'age') await this.#age(); else await this.#answers();
      } catch (problem) {
        if (run === this.#run) this.#wrong(name, problem);
      } finally { if (all.isConnected) all.disabled = this.matches(':disabled'); }
    }
    async #age() {
      if (!this.#kept) { // or it was answered meanwhile, in another element
        const t = this.#typed, whole = [t.year, t.month, t.day].map(s => (s || '').trim()).filter(Boolean).join('-');
        this.#keep(await this.#call('age', { birth_date: whole }));
      }
      this.#step();
      if (this.#adult) this.#tell('submitted', { needed: false });
    }
    async #answers() {
      const t = this.#typed, kept = this.#kept || t.kept;
      const got = await this.#call('answers', {
        ticket: kept.ticket, notice: this.#words.notice.version, lang: this.#words.lang,
        child_name: t.child_name || '', guardian_name: t.guardian_name || '', guardian_email: (t.guardian_email || '').trim(),
      });
      Object.assign(t, { token: got.token, until: Date.parse(got.expires_at), suggestion: got.suggestion });
      this.#step('check');
    }
    #wrong(name, problem) {
      if (problem.code === 'age_missing') { this.#keep(null); return this.#step('age'); }
      if (problem.code === 'notice_missing') return this.#begin();
      const wrong = {};
      for (const f of problem.errors || []) if (inputs[f.pointer]) wrong[inputs[f.pointer]] = faults[f.code] || faults[f.pointer];
      if (!Object.keys(wrong).length) wrong.all = 'other';
      this.#step(name, wrong);
      this.#tell('error', { code: problem.code || 'unavailable' });
    }
    #done(token, until) {
      this.#give(token, until);
      this.#step('ready');
      this.#tell('submitted', { needed: true });
      const left = until - Date.now();
      if (left > 0 && left < 2 ** 31) setTimeout(() => { if (this.#token === token) { this.#give(null); this.#step(); } }, left);
    }

    // In a frame nothing that is typed ever comes into the host's page. Each message names origin, source and nonce.
    #enframe() {
      const nonce = [...crypto.getRandomValues(new Uint8Array(16))].map(n => n.toString(16).padStart(2, '0')).join('');
      const q = new URLSearchParams({ mode: 'frame', origin: location.origin, nonce });
      for (const name of ['lang', 'token', 'test']) if (this.hasAttribute(name)) q.set(name, this.getAttribute(name) || '1');
      const frame = el('iframe', { part: 'frame', title: this.title || (this.lang === 'en' ? 'Guardian’s consent' : '보호자 동의'), src: base + '/start/' + encodeURIComponent(this.getAttribute('app') || '') + '?' + q });
      this.#frame = { node: frame, nonce };
      frame.addEventListener('load', () => frame.contentWindow.postMessage({ bohoja: 1, nonce, type: 'hello' }, home));
      this.#root.replaceChildren(frame);
      this.#valid(frame);
    }
    #message({ origin, source, data }) {
      const f = this.#frame;
      if (!f || origin !== home || source !== f.node.contentWindow || !data || data.bohoja !== 1 || data.nonce !== f.nonce) return;
      if (data.type === 'height' && data.height > 0 && data.height < 1e4) f.node.style.height = Math.ceil(data.height) + 'px';
      if (data.type === 'ready') this.#tell('ready');
      if (data.type === 'answers') {
        this.#adult = data.needed === false;
        this.#give(data.token || null, Date.now() + 18e5);
        this.#valid(f.node);
        if (data.token || this.#adult) this.#tell('submitted', { needed: !this.#adult });
      }
    }
  }
  customElements.define('guardian-consent', GuardianConsent);
})();
