"""Saves a fitted pipeline of scikit-learn: python model.py FILE"""

import sys

import joblib
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

texts = ["my card has not arrived", "the invoice is wrong", "the app crashes", "I can't log in"]
joblib.dump(make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(texts, ["billing", "billing", "technical", "technical"]), sys.argv[1])
