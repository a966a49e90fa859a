// Package models keeps models of the user's own under names: encoders of the BERT family, and tables of static embeddings.
//
// A Store is a folder with a folder for each name, which holds the files that a backend reads and model.json, what is known
// of them. A model is checked in full before it is entered, appears as a whole, and does not change afterwards.
package models
