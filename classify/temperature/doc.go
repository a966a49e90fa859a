// Package temperature makes confidences of scores: the softmax of the scores divided by a temperature at which the right
// labels are likeliest on texts that nothing was learnt from (Guo, Pleiss, Sun and Weinberger, "On calibration of modern
// neural networks", ICML 2017).
//
// There is one for all texts (Fit), or one for each (FitByText; Tomani, Cremers and Buettner, "Parameterized temperature
// scaling", ECCV 2022): the nearer a text is to its best label, the colder. A softmax alone sees how far the best label is
// ahead of the others, which it often is where a text fits none of them.
//
// The package imports nothing of winnow.
package temperature
