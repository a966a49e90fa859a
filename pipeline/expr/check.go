package expr

import "reflect"

// CheckText checks what can be known of a text expression before the input is: its syntax and the types of its
// literals. What may be a column's name with odd characters passes.
func CheckText(code Code) error {
	if code.IsZero() {
		return nil
	}
	_, err := check(code, &scope{}, reflect.String)
	if err != nil && columnLike(code.Text) {
		return nil
	}
	return err
}

// CheckFilter checks what can be known of a filter before the input is.
func CheckFilter(code Code) error {
	if code.IsZero() {
		return nil
	}
	_, err := check(code, &scope{}, reflect.Bool)
	return err
}

// CheckRule checks what can be known of a route's condition before the input is. The labels are the classifier's: nil
// where they aren't known yet, empty where nothing is classified.
func CheckRule(code Code, labels []string) error { return CheckRuleOn(code, labels, Found{}) }

// CheckRuleOn is CheckRule where something may be found in the texts.
func CheckRuleOn(code Code, labels []string, found Found) error {
	if code.IsZero() {
		return nil
	}
	s := &scope{route: true, found: found, results: labels == nil || len(labels) > 0, labels: labels}
	_, err := check(code, s, reflect.Bool)
	return err
}
