package main

import (
	"context"
	"errors"
	"io"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"google.golang.org/grpc"

	"protocol1/proto"
)

// classifier labels texts that hold the word "app" technical, others that hold any word billing.
type classifier struct {
	proto.UnimplementedClassifierServer
}

var answers = arrow.NewSchema([]arrow.Field{
	{Name: "label", Type: arrow.PrimitiveTypes.Int32},
	{Name: "confidence", Type: arrow.PrimitiveTypes.Float32},
	{Name: "reason", Type: arrow.PrimitiveTypes.Uint8},
	{Name: "tokens", Type: arrow.PrimitiveTypes.Int32},
}, nil)

func (*classifier) Open(context.Context, *proto.OpenClassifierRequest) (*proto.OpenClassifierResponse, error) {
	return &proto.OpenClassifierResponse{Labels: []string{"billing", "technical"}, Mode: proto.Mode_MODE_SINGLE}, nil
}

func (*classifier) Classify(stream grpc.BidiStreamingServer[proto.ClassifyRequest, proto.ClassifyResponse]) error {
	in, out := &decoder{}, newEncoder(answers)
	for {
		request, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		texts, err := in.decode(request.GetBatch())
		if err != nil {
			return err
		}
		response := &proto.ClassifyResponse{Seq: request.GetSeq()}
		if response.Batch, err = out.encode(answer(texts.Column(0).(*array.String))); err != nil {
			return err
		}
		if err := stream.Send(response); err != nil {
			return err
		}
	}
}

// answer answers texts. Reason 1 says that there is none, reason 2 that it holds no words.
func answer(texts *array.String) arrow.RecordBatch {
	b := array.NewRecordBuilder(memory.DefaultAllocator, answers)
	defer b.Release()
	for i := range texts.Len() {
		label, confidence, reason := int32(-1), float32(0), uint8(1)
		words := strings.Fields(strings.ToLower(texts.Value(i)))
		switch {
		case texts.IsNull(i):
		case len(words) == 0:
			reason = 2
		default:
			label, confidence, reason = 0, 0.75, 0
			for _, w := range words {
				if w == "app" {
					label = 1
				}
			}
		}
		b.Field(0).(*array.Int32Builder).Append(label)
		b.Field(1).(*array.Float32Builder).Append(confidence)
		b.Field(2).(*array.Uint8Builder).Append(reason)
		b.Field(3).(*array.Int32Builder).Append(int32(len(words)))
	}
	return b.NewRecordBatch()
}
