package police

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// What the police may say: the types of messages that are taken in.
const (
	receiptKind   = "receipt"
	feedbackKind  = "feedback"
	statementKind = "statement"
	testKind      = "test"
)

// A Receipt says that they have a message, or do not take it.
type Receipt struct {
	Status  string `json:"status"`
	Message string `json:"message"`
	Result  string `json:"result"` // received or refused
	Reason  string `json:"reason,omitempty"`
}

// A Feedback says what they do about an incident.
type Feedback struct {
	Status   string `json:"status"`
	Incident string `json:"incident"` // its number
	Feedback string `json:"feedback"` // accepted, rejected, attending, handled, closed
	Code     string `json:"reason_code,omitempty"`
	Text     string `json:"text,omitempty"`
}

// A Statement says how much they had in a month.
type Statement struct {
	Status   string `json:"status"`
	Month    string `json:"month"`
	Received int    `json:"received"`
	Refused  int    `json:"refused"`
	Feedback int    `json:"feedback"`
}

// A Said is one readable message of theirs. One of the pointers is set, for a test
// none.
type Said struct {
	Key      string // tells repeats
	Kind     string
	Sequence int64
	At       time.Time
	Receipt  *Receipt
	Feedback *Feedback
	State    *Statement
}

// ahead is how far their clock may be before ours (rule 6).
const ahead = 5 * time.Minute

// Read reads what they said on a topic. Whatever came, it gives an error or something
// that the contract allows there; nothing else gets further.
func (t Topics) Read(topic string, payload []byte, now time.Time) (Said, error) {
	if err := Check(payload); err != nil {
		return Said{}, err
	}
	var e struct {
		ID, Source, Type, Sequence string
		Time                       time.Time
		Data                       json.RawMessage
	}
	if err := json.Unmarshal(payload, &e); err != nil {
		return Said{}, err
	}
	if e.Time.After(now.Add(ahead)) {
		return Said{}, fmt.Errorf("its time %s is in the future: set their clock", e.Time.Format(time.RFC3339))
	}
	s := Said{Key: e.Source + " " + e.ID, At: e.Time}
	if e.Sequence != "" {
		n, err := strconv.ParseInt(e.Sequence, 10, 64)
		if err != nil {
			return Said{}, fmt.Errorf("sequence: %w", err)
		}
		s.Sequence = n
	}
	status, err := s.read(e.Type, e.Data)
	if err != nil {
		return Said{}, err
	}
	return s, t.belongs(topic, s.Kind, status)
}

func (s *Said) read(kind string, data []byte) (status string, err error) {
	switch kind {
	case "cs.receipt.v1":
		s.Kind, s.Receipt = receiptKind, &Receipt{}
		err = json.Unmarshal(data, s.Receipt)
		status = s.Receipt.Status
	case "cs.feedback.v1":
		s.Kind, s.Feedback = feedbackKind, &Feedback{}
		err = json.Unmarshal(data, s.Feedback)
		status = s.Feedback.Status
	case "cs.statement.v1":
		s.Kind, s.State = statementKind, &Statement{}
		err = json.Unmarshal(data, s.State)
		status = s.State.Status
	case "cs.test.v1":
		s.Kind, status = testKind, "Test"
	default:
		err = fmt.Errorf("type %.40q is ours to send, not theirs", kind)
	}
	return status, err
}

// belongs keeps what is real and what is a test apart by the topic, and each kind to
// its own.
func (t Topics) belongs(topic, kind, status string) error {
	want := map[string]string{receiptKind: t.Ack(), feedbackKind: t.Feedback(), statementKind: t.Ack()}[kind]
	if status == "Test" {
		want = t.Test()
	}
	if topic != want {
		return fmt.Errorf("a %s with status %s belongs on %s", kind, status, want)
	}
	return nil
}
