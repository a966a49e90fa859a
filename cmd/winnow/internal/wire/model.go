package wire

import (
	"os"
	"path/filepath"
	"runtime"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/models"
	"github.com/winnow-stream/winnow/pipeline/spec"
)

// Models is the store of models that the user added: the folder models beside that of classifiers.
func Models() (*models.Store, error) {
	home, err := home(os.LookupEnv, runtime.GOOS)
	if err != nil {
		return nil, err
	}
	return models.New(filepath.Join(home, "models")), nil
}

// added finds the model that a name stands for; nil where it is that of a file or folder, or of nothing.
func added(model string) *models.Model {
	if _, err := os.Stat(model); err == nil || !models.IsName(model) {
		return nil
	}
	store, err := Models()
	if err != nil {
		return nil
	}
	m, err := store.Find(model)
	if err != nil {
		return nil // whoever reads the model says that it is not there
	}
	return m
}

// modelFolder is where a model's files are: the folder of the one that was added under the name, else the path itself.
func modelFolder(model string) string {
	if m := added(model); m != nil {
		return m.Folder
	}
	return model
}

// OnModel makes a classifier of labels on a model that was added, as it answers by itself.
func OnModel(m *models.Model, labels classify.LabelSet) (classify.Classifier, error) {
	return maker{}.classifier(&spec.Classify{Labels: labels, Backend: m.Backend, Model: m.Folder})
}
