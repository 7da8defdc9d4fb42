package outbox

const workerEnv = "BOHOJA_OUTBOX_TEST_WORKER"

func workerProcess(addr string) int { return 0 }
