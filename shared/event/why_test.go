package event

import (
	"fmt"
	"math"
	"reflect"
	"testing"
)

func TestWhyIsTidied(t *testing.T) {
	w := Why{"flicker": 0.123456, "growth": 12345.678, "none": 0, "bad": math.NaN(), "far": math.Inf(1), "No Name": 1, "tiny": 1e-9}
	if got, want := w.Tidy(), (Why{"flicker": 0.1235, "growth": 12350, "none": 0, "tiny": 0}); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if (Why{"Bad": 1}).Tidy() != nil || Why(nil).Tidy() != nil {
		t.Error("nothing to tell is not nil")
	}
	many := Why{}
	for i := range 40 {
		many[fmt.Sprintf("f%d", i)] = float64(i)
	}
	if tidy := many.Tidy(); len(tidy) != MaxWhy || len(tidy.faults()) > 0 || len(many.faults()) == 0 {
		t.Errorf("%d numbers kept", len(tidy))
	}
}
