// Package config reads the settings and the declarations of apps: a YAML file, over it the environment, over that what
// the command line says. Every value is read as text and remembers where it stood, so that each fault, and
// `config print`, can name the line or the variable.
//
//	bohoja.yaml        smtp: {url: smtps://…}           the file of --config, BOHOJA_CONFIG, or ./bohoja.yaml if there is one
//	environment        BOHOJA_SMTP__URL=smtps://…       two underscores go one level down
//	command line       --set smtp.from=consent@…        the same names as in the file; not for secrets
//
// A secret x may be given as x, as x_file (a file that holds it) or as x_env (a variable that holds it), in every layer.
// Everything wrong is told at once (Faults), and no fault ever repeats a value.
package config
