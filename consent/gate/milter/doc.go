// Package milter keeps advertising away from flagged people at the mail server, which is the last place that every letter
// passes: as a milter of Sendmail and Postfix, and as a policy service of Postfix.
//
// A letter is judged by its headers: it is promotional when its subject begins with the mark (광고), which Korea demands of
// advertising (Network Act 50(4), Decree 61(3)), when it has List-Unsubscribe or "Precedence: bulk", or a header of the
// operator's choice. At its end the recipients who must get none are taken out, and the others get it. On a port that
// carries nothing but marketing each recipient is refused as it is named.
//
// Every doubt is a no: a gate that does not answer makes the letter wait at its sender (451), an address that nobody can
// read is taken out, and a subject in letters that nobody knows counts as promotional. The package knows nothing of flags;
// its Judge does. It logs counts, never an address.
package milter
