package main

import (
	"context"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"google.golang.org/grpc"

	"protocol1/proto"
)

// source has two splits of numbered records, in each of which the offset 5 is blank and the record at 7 can't be read.
type source struct {
	proto.UnimplementedSourceServer
}

const records = 20

var columns = map[string]arrow.Field{
	"id":   {Name: "id", Type: arrow.PrimitiveTypes.Int64, Nullable: true},
	"text": {Name: "text", Type: arrow.BinaryTypes.String, Nullable: true},
}

func (*source) Open(context.Context, *proto.OpenSourceRequest) (*proto.OpenSourceResponse, error) {
	schema, err := schemaOf(arrow.NewSchema([]arrow.Field{columns["id"], columns["text"]}, nil))
	return &proto.OpenSourceResponse{Schema: schema, Replayable: true}, err
}

func (*source) Splits(context.Context, *proto.SplitsRequest) (*proto.SplitsResponse, error) {
	return &proto.SplitsResponse{Splits: []*proto.Split{
		{Id: "a", Place: "a", End: records, Fingerprint: "1"}, {Id: "b", Place: "b", End: records, Fingerprint: "1"},
	}}, nil
}

// Read sends a batch for each credit.
func (*source) Read(stream grpc.BidiStreamingServer[proto.ReadRequest, proto.ReadResponse]) error {
	request, err := stream.Recv()
	if err != nil {
		return err
	}
	start, credits := request.GetStart(), request.GetCredits()
	fields := []arrow.Field{{Name: "_offset", Type: arrow.PrimitiveTypes.Int64}}
	for _, name := range start.GetColumns() {
		fields = append(fields, columns[name])
	}
	out := newEncoder(arrow.NewSchema(fields, nil))
	for at := start.GetFrom().GetOffset(); ; {
		for credits == 0 {
			if request, err = stream.Recv(); err != nil {
				return nil // winnow has had enough
			}
			credits += request.GetCredits()
		}
		credits--
		if at >= records {
			return stream.Send(&proto.ReadResponse{End: true})
		}
		response := &proto.ReadResponse{First: at}
		b := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema(fields, nil))
		rows := uint32(0)
		for ; at < records && int64(rows) < max(start.GetRows(), 1); at++ {
			switch at {
			case 5:
				response.Blank++
				continue
			case 7:
				response.Rows = append(response.Rows, &proto.RowError{Row: rows, Message: "a seven", Code: "record.type"})
			}
			rows++
			b.Field(0).(*array.Int64Builder).Append(at)
			for i, name := range start.GetColumns() {
				if name == "id" {
					b.Field(i + 1).(*array.Int64Builder).Append(at)
				} else {
					b.Field(i + 1).(*array.StringBuilder).Append(fmt.Sprint("text ", start.GetSplit().GetId(), at))
				}
			}
		}
		response.Next = &proto.Position{Offset: at, Byte: -1}
		batch := b.NewRecordBatch()
		b.Release()
		if response.Batch, err = out.encode(batch); err != nil {
			return err
		}
		if err := stream.Send(response); err != nil {
			return err
		}
	}
}
