package mailer

// CheckRecipient is exported for the fuzz test.
var CheckRecipient = checkRecipient
