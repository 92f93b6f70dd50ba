package tamper_test

import (
	"testing"

	"eastgate/cloud/register/tamper"
)

// TestWhateverIsDoneToTheRegisterIsFound makes each kind of trial a few times; the
// command of the proof makes more.
func TestWhateverIsDoneToTheRegisterIsFound(t *testing.T) {
	got, err := tamper.Run(t.Context(), t.TempDir(), 30, 8, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range got.Missed {
		t.Error(line)
	}
	if got.Tried < 90 || got.Found != got.Tried {
		t.Errorf("%d tried, %d found", got.Tried, got.Found)
	}
}

func TestAFewRowsAreNoRegister(t *testing.T) {
	if _, err := tamper.Run(t.Context(), t.TempDir(), 3, 1, 1); err == nil {
		t.Error("three rows were taken")
	}
}
