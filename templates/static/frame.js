// Runs in the hosted sign-up inside a frame of the app's page: tells the element there how tall the page is, and gives it the
// sealed answers. It listens to that one origin, window and nonce, and speaks to no other.
(() => {
  'use strict';
  const { origin, nonce, ticket, token } = document.body.dataset;
  const key = 'bohoja:' + location.pathname;
  const say = message => parent.postMessage({ bohoja: 1, nonce, ...message }, origin);
  const tall = () => say({ type: 'height', height: document.body.getBoundingClientRect().height });

  // The first answer about the age stays for the session, where the browser lets a frame keep anything.
  let kept = null;
  try {
    kept = sessionStorage.getItem(key);
    if (ticket) sessionStorage.setItem(key, ticket);
  } catch { /* it keeps nothing */ }
  const age = document.getElementById('age');
  if (age && kept && !document.querySelector('.summary')) {
    try { sessionStorage.removeItem(key); } catch { /* as above */ }
    age.elements.ticket.value = kept;
    age.submit();
    return;
  }

  let met = false;
  addEventListener('message', e => {
    if (e.source !== parent || e.origin !== origin || !e.data || e.data.bohoja !== 1 || e.data.nonce !== nonce || e.data.type !== 'hello' || met) return;
    met = true;
    say({ type: 'ready' });
    if (document.body.dataset.adult) say({ type: 'answers', needed: false });
    else say({ type: 'answers', token: token || null });
    new ResizeObserver(tall).observe(document.body);
    tall();
  });
})();
