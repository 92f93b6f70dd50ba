package api_test

import (
	"testing"

	"eastgate/cloud/store/storetest"
)

func TestMain(m *testing.M) {
	defer storetest.Stop()
	m.Run()
}
