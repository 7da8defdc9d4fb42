package bounces

import "time"

// Hurry sets how long a line may take, before the server runs.
func (s *Server) Hurry(patience time.Duration) {
	s.smtp.ReadTimeout, s.smtp.WriteTimeout = patience, patience
}

// MaxConnections is how many conversations there may be at once.
const MaxConnections = maxConnections
