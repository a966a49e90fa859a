package pipeline

import "github.com/winnow-stream/winnow/classify"

// stages are what the classifier's stages have done; nil where it is not made of several.
func (p *Pipeline) stages() []classify.StageReport {
	k := p.cfg.Classifier
	if g := p.current.Load(); g != nil && g.labeller != nil {
		k = g.labeller.classifier
	}
	if s, ok := k.(classify.Staged); ok {
		return s.Stages()
	}
	return nil
}

// planStages says what is asked, in which order.
func (p *Pipeline) planStages(plan *Plan) {
	for _, s := range p.stages() {
		plan.Stages = append(plan.Stages, s.Stage)
	}
}
